package promote_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/evidence"
	"github.com/retort-ci/retort/pkg/registry"
	"github.com/retort-ci/retort/pkg/step/promote"
)

// A stay counts from when someone vouches for it; any record ends it.
func TestAfterCountsWhatIsVouchedFor(t *testing.T) {
	ours, others := "sha256:"+strings.Repeat("1", 64), "sha256:"+strings.Repeat("2", 64)
	ago := func(hours int) time.Time { return time.Now().Add(-time.Duration(hours) * time.Hour) }
	entered := func(hours int, digest, previous string) registry.Record {
		return registry.Record{Service: "orders", Digest: digest, Previous: previous, Time: ago(hours)}
	}
	first, replaced, back := entered(9, ours, ""), entered(6, others, ours), entered(4, ours, others)
	errAway := errors.New("away")
	for name, test := range map[string]struct {
		records []registry.Record // the newest first
		vouched []time.Time
		others  []string
		now     string
		soak    time.Duration
		err     error
		allowed bool
		reason  string
	}{
		"from the record on":   {records: []registry.Record{first}, vouched: []time.Time{first.Time}, now: ours, soak: 8 * time.Hour, allowed: true, reason: "for 9h0m0s"},
		"from later on":        {records: []registry.Record{first}, vouched: []time.Time{ago(2), ago(3)}, now: ours, soak: 4 * time.Hour, reason: "for 3h0m0s, of 4h0m0s"},
		"by nobody":            {records: []registry.Record{first}, now: ours, reason: "has been in staging is signed by release.pub"},
		"by others":            {records: []registry.Record{first}, others: []string{"not by it", "not by it"}, now: ours, reason: "is signed by release.pub: there is one, but not by it"},
		"before the record":    {records: []registry.Record{first}, vouched: []time.Time{ago(11)}, now: ours, soak: time.Hour, reason: "for 0s, of 1h0m0s"},
		"at all, that is some": {records: []registry.Record{first}, vouched: []time.Time{ago(11)}, now: ours, allowed: true, reason: "for 0s"},
		"in a stay that ended": {records: []registry.Record{back, replaced, first}, vouched: []time.Time{ago(8)}, now: ours, soak: 3 * time.Hour, reason: "for 2h0m0s, of 3h0m0s"},
		"in both stays": {
			records: []registry.Record{back, replaced, first}, vouched: []time.Time{ago(8), ago(3)}, now: ours, soak: 4 * time.Hour,
			allowed: true, reason: "for 5h0m0s",
		},
		"when that cannot be told": {records: []registry.Record{first}, err: errAway, now: ours},
		"it was never there":       {records: []registry.Record{replaced}, now: others, reason: ours + " has not been in staging"},
		"nobody wrote it down":     {now: ours, reason: "no record says how it came there"},
	} {
		gate := promote.After{
			Registry: told{records: test.records, now: test.now}, Environment: "staging", Soak: test.soak,
			Where: func(string) (string, string, error) { return "r.example.com/orders", "staging", nil },
			Vouched: func(_ context.Context, service, image string) ([]time.Time, []string, error) {
				if service != "orders" || image != "r.example.com/orders@"+ours {
					t.Errorf("%s: asked about %s of %s", name, image, service)
				}
				return test.vouched, test.others, test.err
			},
			Keys: []string{"release.pub"},
		}
		v, err := gate.Ask(t.Context(), promote.Edge{Service: "orders", From: "r.example.com/orders@" + ours})
		if !errors.Is(err, test.err) || v.Allowed != test.allowed || !strings.HasSuffix(v.Reason, test.reason) {
			t.Errorf("%s: %+v, %v", name, v, err)
		}
		if err == nil && !v.Allowed && test.soak == 0 && v.Remedy != "retort promote orders --to staging --key FILE" {
			t.Errorf("%s: remedy is %q", name, v.Remedy)
		}
	}
}

// vouching keeps what it has signed.
type vouching struct {
	said []evidence.Summary
	err  error
}

func (v *vouching) Vouched(_ context.Context, e promote.Edge, since time.Time) (bool, error) {
	return slices.ContainsFunc(v.said, func(s evidence.Summary) bool {
		return s.Promotion.Service == e.Service && s.About(e.Digest()) && !s.Time.Before(since)
	}), v.err
}

func (v *vouching) Vouch(_ context.Context, e promote.Edge, statement []byte) error {
	s, err := evidence.ParseSummary(statement)
	if err == nil && (s.Resource != e.To() || !s.About(e.Digest())) {
		err = errors.New("it is about " + s.Resource)
	}
	if err = errors.Join(err, v.err); err == nil {
		v.said = append(v.said, s)
	}
	return err
}

// What moves is vouched for with its record, what is there once, from now on, and
// what came back anew.
func TestVouch(t *testing.T) {
	s, by := newShop(t, "orders 1", "orders 2"), &vouching{}
	promoted := func(name string) promote.Move {
		t.Helper()
		result, err := promote.Run(t.Context(), s, promote.Options{Edges: []promote.Edge{s.images[name]}, Voucher: by})
		if err != nil {
			t.Fatal(err)
		}
		return result.Moves[0]
	}
	unsigned := s.records(t, s.images["orders 2"])[0]
	if promoted("orders 2").Moved || len(by.said) != 1 || !by.said[0].Time.After(unsigned.Time) {
		t.Errorf("of what was there: %+v", by.said)
	}
	if promoted("orders 2"); len(by.said) != 1 {
		t.Errorf("said again: %+v", by.said[1:])
	}
	for i, name := range []string{"orders 1", "orders 2"} {
		moved := promoted(name)
		record := s.records(t, s.images[name])[0]
		if !moved.Moved || len(by.said) != 2+i || !by.said[1+i].Time.Equal(record.Time) {
			t.Errorf("of %s, which moved: %+v", name, by.said)
		}
		if promoted(name); len(by.said) != 2+i {
			t.Errorf("of %s, said again: %+v", name, by.said)
		}
	}
	if n := len(s.records(t, s.images["orders 1"])); n != 4 {
		t.Errorf("%d records", n)
	}
}

// What cannot be signed is told with what is live, and made up for.
func TestVouchFails(t *testing.T) {
	p, by := open(t), &vouching{err: errors.New("the token is out")}
	edge := p.edge(t, "orders")
	for _, when := range []string{"when it moves", "when it is there"} {
		_, err := promote.Run(t.Context(), p, promote.Options{Edges: []promote.Edge{edge}, Voucher: by})
		if !errors.Is(err, by.err) || !strings.Contains(err.Error(), edge.To()+" names "+edge.Digest()+" now, but that is not signed") {
			t.Errorf("%s: %v", when, err)
		}
	}
	if n := len(p.records(t, edge)); n != 1 || p.names(t, edge.To()) != edge.Digest() {
		t.Errorf("%d records", n)
	}
	by.err = nil
	if _, err := promote.Run(t.Context(), p, promote.Options{Edges: []promote.Edge{edge}, Voucher: by}); err != nil || len(by.said) != 1 {
		t.Errorf("said %+v, %v", by.said, err)
	}
}
