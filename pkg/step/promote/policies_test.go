package promote_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/freeze"
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
		if err != nil || v.Allowed != want || !want && !strings.HasPrefix(v.Remedy, "wait another 59m") && !strings.HasPrefix(v.Remedy, "wait another 1h") {
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
