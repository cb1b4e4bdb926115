package promote

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/retort-ci/retort/pkg/registry"
)

// After is the gate that lets in only what has been in another environment, and
// been there long enough. A tag says neither who put it there nor since when, so
// records tell that; but it can show that a stay has ended without one.
type After struct {
	Registry    Registry
	Environment string
	Soak        time.Duration // how long, all stays together; 0: at all
	// Where gives the reference that names what a service runs there.
	Where func(service string) (repository, tag string, err error)
}

var _ Gate = After{}

// Name is the key in the project file.
func (After) Name() string { return "after" }

// Ask reads the other environment's history: a digest that was there and has been
// replaced since has still been there, whatever else cannot be read. How long
// is another matter: a record that cannot be read may be of what replaced it.
func (a After) Ask(ctx context.Context, e Edge) (Verdict, error) {
	repo, tag, err := a.Where(e.Service)
	if err != nil {
		return Verdict{}, err
	}
	var now string
	var unknown error
	var asked sync.WaitGroup
	asked.Go(func() { now, unknown = named(ctx, a.Registry, repo+":"+tag) })
	records, err := a.Registry.History(ctx, repo, a.Environment, 0)
	asked.Wait()
	stayed, been := stay(records, e, now)
	switch {
	case err != nil && (a.Soak > 0 || !been):
		return Verdict{}, err
	case been && a.Soak > 0 && unknown != nil:
		return Verdict{}, unknown
	case been && stayed >= a.Soak:
		return Verdict{Allowed: true, Reason: fmt.Sprintf("it has been in %s for %s", a.Environment, stayed.Round(time.Second))}, nil
	case been:
		v := Verdict{
			Reason: fmt.Sprintf("it has been in %s for %s, of %s", a.Environment, stayed.Round(time.Second), a.Soak),
			Remedy: fmt.Sprintf("wait another %s", (a.Soak - stayed).Round(time.Second)),
		}
		if now != e.Digest() { // waiting alone would not do
			v.Reason += fmt.Sprintf(", and %s:%s does not name it now", repo, tag)
			v.Remedy = a.enter(e) + ", then " + v.Remedy
		}
		return v, nil
	}
	v := Verdict{Reason: fmt.Sprintf("%s has not been in %s", e.Digest(), a.Environment), Remedy: a.enter(e)}
	if now == e.Digest() {
		v.Reason = fmt.Sprintf("%s:%s names it, but no record says how it came there", repo, tag)
	}
	return v, nil
}

// enter is the command that brings it to the other environment.
func (a After) enter(e Edge) string {
	return fmt.Sprintf("retort promote %s --to %s", e.Service, a.Environment)
}

// stay sums up how long the service ran the digest there, by its records, the
// newest first: from each of them to the next, or until now. A stay does not
// count when what followed did not find the digest there: nobody knows when it
// was moved by other means.
func stay(records []registry.Record, e Edge, now string) (stayed time.Duration, been bool) {
	until, found := time.Now(), now
	for _, r := range records {
		if r.Service != e.Service {
			continue
		}
		if r.Digest == e.Digest() {
			been = true
			if found == e.Digest() {
				stayed += until.Sub(r.Time)
			}
		}
		until, found = r.Time, r.Previous
	}
	return stayed, been
}
