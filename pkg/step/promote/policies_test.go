package promote_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/freeze"
	"github.com/retort-ci/retort/pkg/mask"
	"github.com/retort-ci/retort/pkg/registry"
	"github.com/retort-ci/retort/pkg/step/promote"
)

func TestFreeze(t *testing.T) {
	w, err := freeze.Parse("Fri 16:00 - Mon 08:00")
	if err != nil {
		t.Fatal(err)
	}
	saturday := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	for day, want := range map[int]bool{0: false, 3: true} {
		gate := promote.Freeze{Windows: []freeze.Window{w}, Now: func() time.Time { return saturday.AddDate(0, 0, day) }}
		v, err := gate.Ask(t.Context(), promote.Edge{})
		if err != nil || v.Allowed != want || v.Reason == "" || !want && v.Remedy != "wait until 2026-11-30T08:00:00Z" {
			t.Errorf("on day %d: %+v, %v", day, v, err)
		}
	}
}

// A command's exit code is its answer; without one there is none.
func TestExec(t *testing.T) {
	e := promote.Edge{Service: "orders", Environment: "production", From: "r/orders@sha256:1", Repository: "prod/orders", Tag: "live"}
	sh := func(script string) promote.Exec {
		return promote.Exec{Command: []string{"/bin/sh", "-c", script}, Env: []string{"PATH=/bin:/usr/bin"}, Limit: 5 * time.Second}
	}
	v, err := sh(`echo "$RETORT_SERVICE $RETORT_ENVIRONMENT $RETORT_DIGEST $RETORT_IMAGE $RETORT_TO"`).Ask(t.Context(), e)
	if want := "orders production sha256:1 r/orders@sha256:1 prod/orders:live"; err != nil || !v.Allowed || v.Reason != want {
		t.Errorf("%+v, %v, want %q", v, err, want)
	}
	v, err = sh(`echo first; echo "no ticket" >&2; exit 3`).Ask(t.Context(), e)
	if err != nil || v.Allowed || !strings.HasSuffix(v.Reason, "ended with exit code 3: no ticket") || v.Remedy == "" {
		t.Errorf("%+v, %v", v, err)
	}
	told := sh(`echo "ticket 7, asked with $TICKET_TOKEN"; exit "$0"`)
	told.Command = append(told.Command, "1", "--token", "s3cr3t-t0ken")
	told.Env = append(told.Env, "TICKET_TOKEN=s3cr3t-t0ken")
	told.Secrets = mask.NewSet("s3cr3t-t0ken")
	for code, want := range map[string]string{"0": "ticket 7, asked with ***", "1": "/bin/sh ended with exit code 1: ticket 7, asked with ***"} {
		told.Command[3] = code
		v, err = told.Ask(t.Context(), e)
		if err != nil || v.Reason != want || code == "1" && v.Remedy != "see what /bin/sh asks for" {
			t.Errorf("exit code %s: %+v, %v", code, v, err)
		}
	}
	slow := sh("sleep 60")
	slow.Limit = 100 * time.Millisecond
	for name, gate := range map[string]promote.Exec{"too slow": slow, "not there": {Command: []string{"/no/such"}}, "killed": sh("kill -9 $$")} {
		if v, err := gate.Ask(t.Context(), e); err == nil || v.Allowed {
			t.Errorf("%s: %+v, want no answer", name, v)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if v, err := sh("exit 0").Ask(ctx, e); err == nil || v.Allowed {
		t.Errorf("called off: %+v", v)
	}
}

// A gate that could not be asked is no pass, and of another kind than a refusal.
func TestUnasked(t *testing.T) {
	p := open(t)
	e := p.edge(t, "orders")
	result, err := promote.Run(t.Context(), p, promote.Options{
		Edges: []promote.Edge{e}, Gates: []promote.Gate{promote.Exec{Command: []string{"/no/such"}}},
	})
	if fault.SideOf(err) != fault.Infrastructure || !strings.Contains(err.Error(), "gate exec, orders to staging, could not be asked") {
		t.Errorf("error is %v on side %v", err, fault.SideOf(err))
	}
	if result.Moves[0].Moved || p.names(t, e.To()) != "" {
		t.Error("it was moved")
	}
}

// Soaking counts the time between records, all stays together.
func TestSoak(t *testing.T) {
	s := newShop(t, "orders 1", "orders 2")
	gate := promote.After{
		Registry: s, Environment: "staging",
		Where: func(service string) (string, string, error) { return s.addr + "/" + service, "staging", nil },
	}
	edge := s.images["orders 1"]
	for soak, want := range map[time.Duration]bool{0: true, time.Nanosecond: true, time.Hour: false} {
		gate.Soak = soak
		v, err := gate.Ask(t.Context(), edge)
		if err != nil || v.Allowed != want || !want && !strings.Contains(v.Remedy, "staging, then wait another 59m") && !strings.Contains(v.Remedy, "staging, then wait another 1h") {
			t.Errorf("soak %s: %+v, %v", soak, v, err)
		}
	}
	// A bare tag proves nothing.
	other := s.edge(t, "orders")
	if _, err := s.Copy(t.Context(), other.From, other.To()); err != nil {
		t.Fatal(err)
	}
	gate.Soak = 0
	if v, err := gate.Ask(t.Context(), other); err != nil || v.Allowed || !strings.Contains(v.Reason, "no record says") {
		t.Errorf("%+v, %v", v, err)
	}
}

// told is a registry whose history and tag are as the test has them.
type told struct {
	promote.Registry
	records []registry.Record
	unread  error // of a record beside them
	now     string
	away    error // in place of what the tag names
}

func (r told) History(context.Context, string, string, int) ([]registry.Record, error) {
	return r.records, r.unread
}

func (r told) Resolve(context.Context, string) (v1.Descriptor, error) {
	if r.away != nil {
		return v1.Descriptor{}, r.away
	}
	hash, err := v1.NewHash(r.now)
	return v1.Descriptor{Digest: hash}, err
}

// A stay counts from its record to the next, and the last one only while the tag
// still names the digest; where either cannot be told, nothing has soaked.
func TestSoakCountsWhatIsKnown(t *testing.T) {
	ours, others := "sha256:"+strings.Repeat("1", 64), "sha256:"+strings.Repeat("2", 64)
	errAway := errors.New("away")
	entered := func(hours int, digest, previous string) registry.Record {
		return registry.Record{Service: "orders", Digest: digest, Previous: previous, Time: time.Now().Add(-time.Duration(hours) * time.Hour)}
	}
	first := entered(9, ours, "")
	for name, test := range map[string]struct {
		reg     told
		soak    time.Duration
		allowed bool
		err     error
		remedy  string
	}{
		"it has soaked":         {reg: told{records: []registry.Record{first}, now: ours}, soak: time.Hour, allowed: true},
		"moved by hand":         {reg: told{records: []registry.Record{first}, now: others}, soak: time.Hour, remedy: "retort promote orders --to staging, then wait another 1h0m0s"},
		"moved, no soak asked":  {reg: told{records: []registry.Record{first}, now: others}, allowed: true},
		"a record not read":     {reg: told{records: []registry.Record{first}, unread: errAway, now: ours}, soak: time.Hour, err: errAway},
		"not read, no soak":     {reg: told{records: []registry.Record{first}, unread: errAway, now: ours}, allowed: true},
		"a tag not read":        {reg: told{records: []registry.Record{first}, away: errAway}, soak: time.Hour, err: errAway},
		"tag not read, no soak": {reg: told{records: []registry.Record{first}, away: errAway}, allowed: true},
		"replaced": {
			reg:  told{records: []registry.Record{entered(2, others, ours), first}, now: others},
			soak: 6 * time.Hour, allowed: true,
		},
		"away by hand, and back": {
			reg:  told{records: []registry.Record{entered(1, ours, others), first}, now: ours},
			soak: 6 * time.Hour, remedy: "wait another 5h0m0s",
		},
	} {
		gate := promote.After{
			Registry: test.reg, Environment: "staging", Soak: test.soak,
			Where: func(string) (string, string, error) { return "r.example.com/orders", "staging", nil },
		}
		v, err := gate.Ask(t.Context(), promote.Edge{Service: "orders", From: "r.example.com/orders@" + ours})
		if !errors.Is(err, test.err) || v.Allowed != test.allowed || v.Remedy != test.remedy {
			t.Errorf("%s: %+v, %v", name, v, err)
		}
	}
}
