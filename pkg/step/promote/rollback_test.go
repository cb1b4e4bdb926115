package promote_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/registry"
	"github.com/retort-ci/retort/pkg/step/promote"
)

// shop is an environment of two services, and what they shall run by and by.
type shop struct {
	place
	places []promote.Place
	images map[string]promote.Edge // "orders 1" and so on
}

// newShop promotes releases: each names the services that enter together.
func newShop(t *testing.T, releases ...string) *shop {
	t.Helper()
	s := &shop{place: open(t), images: map[string]promote.Edge{}}
	for _, service := range []string{"billing", "orders"} {
		s.places = append(s.places, promote.Place{Service: service, Environment: "staging", Repository: s.addr + "/" + service, Tag: "staging"})
	}
	for _, release := range releases {
		s.release(t, release)
	}
	return s
}

// release promotes images like "orders 1, billing 2", made where they are new.
func (s *shop) release(t *testing.T, names string) {
	t.Helper()
	var edges []promote.Edge
	for name := range strings.SplitSeq(names, ", ") {
		if _, ok := s.images[name]; !ok {
			s.images[name] = s.edge(t, strings.Fields(name)[0])
		}
		edges = append(edges, s.images[name])
	}
	run(t, s, nil, edges...)
}

// back rolls back, and gives what runs then, like "billing 1, orders 2".
func (s *shop) back(t *testing.T, goal promote.Goal, places ...promote.Place) string {
	t.Helper()
	if places == nil {
		places = s.places
	}
	edges, err := promote.Back(t.Context(), s, places, goal)
	if err != nil {
		return err.Error()
	}
	_, err = promote.Run(t.Context(), s, promote.Options{Edges: edges, Record: registry.Record{Action: registry.Rollback}})
	if err != nil {
		t.Fatal(err)
	}
	return s.runs(t)
}

func (s *shop) runs(t *testing.T) string {
	t.Helper()
	var list []string
	for _, p := range s.places {
		digest := s.names(t, p.Repository+":"+p.Tag)
		for name, e := range s.images {
			if strings.HasPrefix(name, p.Service) && e.Digest() == digest {
				list = append(list, name)
			}
		}
	}
	slices.Sort(list)
	return strings.Join(list, ", ")
}

// A step back undoes the last promotion; again, the one before; forward returns;
// a promotion ends what was ahead.
func TestRollback(t *testing.T) {
	s := newShop(t, "billing 1, orders 1", "orders 2", "billing 2, orders 3")
	back, forward := promote.Goal{}, promote.Goal{Forward: true}
	for i, c := range []struct {
		goal promote.Goal
		want string
	}{
		{back, "billing 1, orders 2"}, // both entered together and leave together
		{back, "billing 1, orders 1"},
		{back, "nothing was before what runs in staging"},
		{forward, "billing 1, orders 2"},
		{forward, "billing 2, orders 3"},
		{forward, "no rollback is to be returned from in staging"},
		{promote.Goal{Steps: 2}, "billing 1, orders 1"},
		{promote.Goal{Steps: 2, Forward: true}, "billing 2, orders 3"},
		{promote.Goal{Digest: s.images["orders 1"].Digest()}, "billing 2, orders 1"},
		{promote.Goal{Digest: s.images["orders 3"].Digest()[7:19]}, "billing 2, orders 3"},
	} {
		if got := s.back(t, c.goal); got != c.want {
			t.Fatalf("step %d: %s, want %s", i, got, c.want)
		}
	}
	s.back(t, back)
	s.release(t, "orders 4")
	if got := s.back(t, forward); got != "no rollback is to be returned from in staging" {
		t.Errorf("forward after a promotion: %s", got)
	}
	if got, want := s.back(t, back), "billing 1, orders 2"; got != want {
		t.Errorf("back after a promotion: %s, want %s", got, want)
	}
	records := s.records(t, s.images["orders 1"])
	if records[0].Action != registry.Rollback || records[0].Previous != s.images["orders 4"].Digest() {
		t.Errorf("the last record is %+v", records[0])
	}
}

// Named services alone, and the state of a time.
func TestRollbackOfSome(t *testing.T) {
	s := newShop(t, "billing 1, orders 1", "billing 2, orders 2")
	then := time.Now()
	s.release(t, "billing 3")
	if got, want := s.back(t, promote.Goal{}, s.places[1]), "billing 3, orders 1"; got != want {
		t.Errorf("orders alone: %s, want %s", got, want)
	}
	if got, want := s.back(t, promote.Goal{Time: then}), "billing 2, orders 2"; got != want {
		t.Errorf("at a time: %s, want %s", got, want)
	}
	for name, goal := range map[string]promote.Goal{
		"has never been in staging":   {Digest: "sha256:0123"},
		"nothing was in staging at":   {Time: then.Add(-time.Hour)},
		"nothing was before what run": {Steps: 9},
	} {
		_, err := promote.Back(t.Context(), s, s.places, goal)
		if err == nil || !strings.Contains(err.Error(), name) || fault.SideOf(err) != fault.Usage {
			t.Errorf("error is %v on side %v, want %q", err, fault.SideOf(err), name)
		}
	}
}

// A name that someone moved by other means goes back to what the history says; a
// rollback that was killed before its record is completed.
func TestRollbackOfWhatNobodyWroteDown(t *testing.T) {
	s := newShop(t, "orders 1", "orders 2")
	s.images["orders 9"] = s.edge(t, "orders")
	point := func(name string) {
		t.Helper()
		if _, err := s.Copy(t.Context(), s.images[name].From, s.places[1].Repository+":staging"); err != nil {
			t.Fatal(err)
		}
	}
	point("orders 9")
	if got, want := s.back(t, promote.Goal{}), "orders 2"; got != want {
		t.Errorf("from elsewhere: %s, want %s", got, want)
	}
	point("orders 1") // as a killed rollback leaves it
	if got, want := s.back(t, promote.Goal{}), "orders 1"; got != want {
		t.Errorf("after a kill: %s, want %s", got, want)
	}
	if last := s.records(t, s.images["orders 1"])[0]; last.Digest != s.images["orders 1"].Digest() || last.Action != registry.Rollback {
		t.Errorf("the last record is %+v, want the rollback's", last)
	}
}

// To a time, what runs counts, not what the history says of it.
func TestRollbackToATimeOfWhatNobodyWroteDown(t *testing.T) {
	s := newShop(t, "orders 1", "orders 2")
	then := promote.Goal{Time: time.Now()}
	s.images["orders 9"] = s.edge(t, "orders")
	if _, err := s.Copy(t.Context(), s.images["orders 9"].From, s.places[1].Repository+":staging"); err != nil {
		t.Fatal(err)
	}
	if got, want := s.back(t, then), "orders 2"; got != want {
		t.Errorf("%s runs, want %s", got, want)
	}
	s.release(t, "orders 3")
	if _, err := s.Copy(t.Context(), s.images["orders 2"].From, s.places[1].Repository+":staging"); err != nil {
		t.Fatal(err)
	}
	s.back(t, then) // as a killed rollback leaves it: the record is missing
	if last := s.records(t, s.images["orders 2"])[0]; last.Digest != s.images["orders 2"].Digest() {
		t.Errorf("the last record is %+v, want the rollback's", last)
	}
	if edges, err := promote.Back(t.Context(), s, s.places, then); err != nil || len(edges) != 0 {
		t.Errorf("done again, the edges are %v, %v", edges, err)
	}
}

// What is not whole any more is not gone back to; what could not be told is an error.
func TestRollbackToNothing(t *testing.T) {
	s := newShop(t, "orders 1", "orders 2")
	edges, err := promote.Back(t.Context(), s, s.places, promote.Goal{})
	if err != nil {
		t.Fatal(err)
	}
	away := errors.New("away")
	for _, c := range []struct{ answer, err error }{{fmt.Errorf("layer sha256:1: %w", registry.ErrNotFound), nil}, {away, away}} {
		gates := []promote.Gate{promote.Whole{Check: func(context.Context, string) error { return c.answer }}}
		result, err := promote.Run(t.Context(), s, promote.Options{Edges: edges, Gates: gates})
		if !errors.Is(err, c.err) || err == nil && len(result.Refusals()) != 1 {
			t.Errorf("refusals are %v, error %v", result.Refusals(), err)
		}
	}
	if got, want := s.runs(t), "orders 2"; got != want {
		t.Errorf("%s runs, want %s", got, want)
	}
}

// patient gives no history before it was asked for all.
type patient struct {
	promote.Registry
	unasked *sync.WaitGroup
}

func (p patient) History(ctx context.Context, repo, env string, limit int) ([]registry.Record, error) {
	p.unasked.Done()
	p.unasked.Wait()
	return p.Registry.History(ctx, repo, env, limit)
}

// Twenty services do not wait for each other's histories from far away.
func TestHistoriesAreReadAtOnce(t *testing.T) {
	s := newShop(t, "billing 1, orders 1", "billing 2, orders 2")
	reg := patient{s, &sync.WaitGroup{}}
	reg.unasked.Add(len(s.places))
	edges, err := promote.Back(t.Context(), reg, s.places, promote.Goal{})
	if err != nil {
		t.Fatal(err)
	}
	for i, service := range []string{"billing", "orders"} {
		if want := s.images[service+" 1"].Digest(); i >= len(edges) || edges[i].Digest() != want {
			t.Errorf("the edges are %v, want one that leads %s to %s", edges, service, want)
		}
	}
}
