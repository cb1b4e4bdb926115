package promote_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/registry"
	"github.com/retort-ci/retort/pkg/step/promote"
)

// looked is a real registry where something happens as soon as a reference was
// looked at so often.
type looked struct {
	promote.Registry
	ref  string
	left atomic.Int32
	do   func(ctx context.Context) error
}

func (l *looked) Resolve(ctx context.Context, ref string) (v1.Descriptor, error) {
	desc, err := l.Registry.Resolve(ctx, ref)
	if ref == l.ref && l.left.Add(-1) == 0 && err == nil {
		err = l.do(ctx)
	}
	return desc, err
}

// What was there already may be moved by someone else as well: before the others
// of its unit have moved, or before its missing record is made up for.
func TestSomeoneElseMovesWhatWasThere(t *testing.T) {
	for looks, test := range map[int32]struct {
		what    string
		billing bool // has moved
	}{
		1: {"before the names", false},
		2: {"before the records", true},
	} {
		t.Run(test.what, func(t *testing.T) {
			p := open(t)
			there, others := p.edge(t, "orders"), p.edge(t, "orders")
			old, billing := p.edge(t, "billing"), p.edge(t, "billing")
			run(t, p, nil, old)
			move := func(e promote.Edge) error {
				_, err := p.Copy(t.Context(), e.From, e.To())
				return err
			}
			if err := move(there); err != nil { // without a record
				t.Fatal(err)
			}
			reg := &looked{Registry: p, ref: there.To(), do: func(context.Context) error { return move(others) }}
			reg.left.Store(looks)
			result, err := promote.Run(t.Context(), reg, promote.Options{
				Edges: []promote.Edge{there, billing}, Record: registry.Record{Commit: "c0ffee"},
			})
			if fault.SideOf(err) != fault.Policy || !strings.Contains(err.Error(), "moved meanwhile by someone else: it names "+others.Digest()) {
				t.Errorf("error is %v on side %v", err, fault.SideOf(err))
			}
			if records := p.records(t, there); len(records) != 0 {
				t.Errorf("records are %+v, of what is not there", records)
			}
			want := old
			if test.billing {
				want = billing
			}
			if got := p.names(t, billing.To()); got != want.Digest() || result.Moves[1].Moved != test.billing {
				t.Errorf("billing is %s and %s, want %s", got, result.Moves[1].State(), want.Digest())
			}
			if last := p.records(t, billing)[0]; last.Digest != want.Digest() {
				t.Errorf("billing's newest record is %+v, want one of %s", last, want.Digest())
			}
		})
	}
}

// What an environment starts from is read before the gates are asked: an answer
// may take a minute. Only the digest itself may come in meanwhile.
func TestSomeoneElseMovesWhileGatesAreAsked(t *testing.T) {
	for what, same := range map[string]bool{"to another digest": false, "to this one": true} {
		t.Run(what, func(t *testing.T) {
			p := open(t)
			old, edge, others := p.edge(t, "orders"), p.edge(t, "orders"), p.edge(t, "orders")
			if same {
				others = edge
			}
			run(t, p, nil, old)
			slow := gate{"slow", func(promote.Edge) (promote.Verdict, error) {
				_, err := p.Copy(t.Context(), others.From, others.To())
				return promote.Verdict{Allowed: true}, err
			}}
			result, err := promote.Run(t.Context(), p, promote.Options{Edges: []promote.Edge{edge}, Gates: []promote.Gate{slow}})
			if m := result.Moves[0]; m.Moved || m.Existed != same || p.names(t, edge.To()) != others.Digest() {
				t.Errorf("%s, and the environment has %s", m.State(), p.names(t, edge.To()))
			}
			if same {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if fault.SideOf(err) != fault.Policy || !strings.Contains(err.Error(), "moved meanwhile by someone else: it names "+others.Digest()) {
				t.Errorf("error is %v on side %v", err, fault.SideOf(err))
			}
			if n := len(p.records(t, old)); n != 1 {
				t.Errorf("there are %d records, want the first alone", n)
			}
		})
	}
}

// A rollback starts from what it saw when it decided where to go back to: a
// hotfix that entered since is not rolled over.
func TestSomeoneElsePromotesBeforeARollback(t *testing.T) {
	for what, looks := range map[string]int32{"while it decides": 1, "after that": 0} {
		t.Run(what, func(t *testing.T) {
			s := newShop(t, "orders 1", "orders 2")
			hotfix := func(context.Context) error {
				s.release(t, "orders 3")
				return nil
			}
			orders := s.places[1]
			reg := &looked{Registry: s, ref: orders.Repository + ":" + orders.Tag, do: hotfix}
			reg.left.Store(looks)
			edges, err := promote.Back(t.Context(), reg, s.places, promote.Goal{})
			if err != nil {
				t.Fatal(err)
			}
			if looks == 0 {
				_ = hotfix(t.Context())
			}
			result, err := promote.Run(t.Context(), s, promote.Options{Edges: edges, Record: registry.Record{Action: registry.Rollback}})
			if fault.SideOf(err) != fault.Policy || !strings.Contains(err.Error(), "moved meanwhile by someone else") {
				t.Errorf("error is %v on side %v", err, fault.SideOf(err))
			}
			if got := s.runs(t); result.Moves[0].Moved || got != "orders 3" {
				t.Errorf("%s runs, want the hotfix", got)
			}
			if last := s.records(t, s.images["orders 3"])[0]; last.Action != registry.Promote {
				t.Errorf("the last record is %+v, want the hotfix's", last)
			}
		})
	}
}
