package promote_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/registry"
	"github.com/retort-ci/retort/pkg/step/promote"
)

// unit is two services in an environment that has run one release, and shall run
// another.
type unit struct {
	places   []promote.Place
	old, now []promote.Edge
}

// newUnit pushes the images.
func newUnit(t *testing.T, p place) unit {
	t.Helper()
	var u unit
	for _, service := range []string{"billing", "orders"} {
		u.old, u.now = append(u.old, p.edge(t, service)), append(u.now, p.edge(t, service))
	}
	return u
}

// in gives the unit in an environment of that name, which runs the first release.
func (u unit) in(t *testing.T, p place, name string) unit {
	t.Helper()
	u.old, u.now = slices.Clone(u.old), slices.Clone(u.now)
	for _, edges := range [][]promote.Edge{u.old, u.now} {
		for i := range edges {
			edges[i].Environment, edges[i].Tag = name, "live"
			edges[i].Repository = p.addr + "/" + name + "/" + edges[i].Service
		}
	}
	for _, e := range u.old {
		u.places = append(u.places, promote.Place{Service: e.Service, Environment: name, Repository: e.Repository, Tag: e.Tag})
	}
	run(t, p, nil, u.old...)
	return u
}

// runs fails the test unless the unit runs the release and the newest records
// say so.
func (u unit) runs(t *testing.T, p place, release []promote.Edge, action registry.Action) {
	t.Helper()
	for _, e := range release {
		if got := p.names(t, e.To()); got != e.Digest() {
			t.Errorf("%s is %s, want %s", e.To(), got, e.Digest())
		}
		records := p.records(t, e)
		if len(records) == 0 || records[0].Digest != e.Digest() || records[0].Action != action {
			t.Errorf("%s: the newest of %d records is %+v", e.To(), len(records), records[:min(1, len(records))])
		}
	}
}

// between fails the test unless each service runs one of the two releases, and
// the failure that the client told before it died, if it did, has their states.
func (u unit) between(t *testing.T, p place, told error) {
	t.Helper()
	for i := range u.old {
		got := p.names(t, u.old[i].To())
		if got != u.old[i].Digest() && got != u.now[i].Digest() {
			t.Errorf("%s is %s, which is neither release", u.old[i].To(), got)
		}
		if told != nil && fault.SideOf(told) != fault.Infrastructure {
			t.Errorf("%v: %v", fault.SideOf(told), told)
		}
		if said := strings.Join(fault.DetailOf(told), "\n"); said != "" && !strings.Contains(said, u.old[i].Service+": ") {
			t.Errorf("%s is not in %s", u.old[i].Service, said)
		}
	}
}

// everywhere kills what is done after each of its requests, with and without the
// last one's answer, until it lives.
func everywhere(t *testing.T, m *mortal, do func(t *testing.T, name string, requests int, unsaid bool)) {
	t.Helper()
	for _, unsaid := range []bool{false, true} {
		requests := 0
		for ; requests == 0 || m.died(); requests++ {
			name := fmt.Sprintf("r%d-%t", requests, unsaid)
			t.Run(name, func(t *testing.T) { do(t, name, requests, unsaid) })
			if t.Failed() {
				return
			}
		}
		if requests < 10 {
			t.Errorf("it lived after %d requests", requests)
		}
	}
}

// A promotion that is killed, wherever, is completed by the same command again.
func TestPromoteKilledBetweenEveryTwoRequests(t *testing.T) {
	t.Parallel()
	m := newMortal()
	images := newUnit(t, m.live(t, immortal, false))
	everywhere(t, m, func(t *testing.T, name string, requests int, unsaid bool) {
		u := images.in(t, m.live(t, immortal, false), name)
		_, told := promote.Run(t.Context(), m.live(t, requests, unsaid), promote.Options{Edges: u.now})
		defer keepDeath(m, m.died())()
		p := m.live(t, immortal, false)
		u.between(t, p, told)
		run(t, p, nil, u.now...)
		u.runs(t, p, u.now, registry.Promote)
		for _, e := range u.now {
			if n := len(p.records(t, e)); n != 2 {
				t.Errorf("%s has %d records of two promotions", e.To(), n)
			}
		}
		if err := goBack(t, p, u); err != nil { // and leaves as one
			t.Fatal(err)
		}
		u.runs(t, p, u.old, registry.Rollback)
	})
}

// One that is told to stop, wherever, leaves both services at one release, and
// says so where it is not the new one with its records.
func TestPromoteStoppedBetweenEveryTwoRequests(t *testing.T) {
	t.Parallel()
	m := newMortal()
	images := newUnit(t, m.live(t, immortal, false))
	for requests := 0; requests == 0 || m.died(); requests++ {
		u := images.in(t, m.live(t, immortal, false), fmt.Sprintf("s%d", requests))
		ctx, p := m.warned(t, requests)
		result, told := promote.Run(ctx, p, promote.Options{Edges: u.now})
		stopped := m.died()
		p = m.live(t, immortal, false)
		u.whole(t, p, result)
		if told != nil && !errors.Is(told, context.Canceled) {
			t.Errorf("after %d requests: %v", requests, told)
		}
		if told == nil || result.Moves[0].Moved { // and with its records, once it is live
			u.runs(t, p, u.now, registry.Promote)
		}
		run(t, p, nil, u.now...)
		u.runs(t, p, u.now, registry.Promote)
		if t.Failed() {
			t.Fatalf("after %d requests", requests)
		}
		keepDeath(m, stopped)()
	}
}

// whole fails the test unless both services run the release that the result
// says they do.
func (u unit) whole(t *testing.T, p place, result promote.Result) {
	t.Helper()
	moved := result.Moves[0].Moved
	want := u.old
	if moved {
		want = u.now
	}
	for i, m := range result.Moves {
		if got := p.names(t, u.now[i].To()); m.Moved != moved || got != want[i].Digest() {
			t.Errorf("%s is %s, and said to be %q", m.To(), got, m.State())
		}
	}
}

// So is a rollback.
func TestRollbackKilledBetweenEveryTwoRequests(t *testing.T) {
	t.Parallel()
	m := newMortal()
	images := newUnit(t, m.live(t, immortal, false))
	everywhere(t, m, func(t *testing.T, name string, requests int, unsaid bool) {
		p := m.live(t, immortal, false)
		u := images.in(t, p, name)
		run(t, p, nil, u.now...)
		told := goBack(t, m.live(t, requests, unsaid), u)
		defer keepDeath(m, m.died())()
		p = m.live(t, immortal, false)
		u.between(t, p, told)
		if !u.recorded(t, p) { // else it was done, and again would go further back
			if err := goBack(t, p, u); err != nil {
				t.Fatal(err)
			}
		}
		u.runs(t, p, u.old, registry.Rollback)
	})
}

// goBack takes the unit one step back.
func goBack(t *testing.T, p place, u unit) error {
	t.Helper()
	edges, err := promote.Back(t.Context(), p, u.places, promote.Goal{})
	if err == nil {
		_, err = promote.Run(t.Context(), p, promote.Options{
			Edges: edges, Gates: []promote.Gate{promote.Whole{Check: p.Whole}}, Record: registry.Record{Action: registry.Rollback},
		})
	}
	return err
}

// recorded says whether every service has a record of a rollback.
func (u unit) recorded(t *testing.T, p place) bool {
	t.Helper()
	for _, e := range u.old {
		if p.records(t, e)[0].Action != registry.Rollback {
			return false
		}
	}
	return true
}

// keepDeath gives the function that restores what died says now.
func keepDeath(m *mortal, died bool) func() {
	return func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.left = immortal
		if died {
			m.left = -1
		}
	}
}
