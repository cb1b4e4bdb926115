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
