package promote

import (
	"context"
	"fmt"
	"slices"
	"strings"
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
	// Vouched gives the times at which someone trusted signed that repository@digest
	// is there, and why what else is signed does not count. Nil: records count,
	// whoever wrote them.
	Vouched func(ctx context.Context, service, image string) (times []time.Time, others []string, err error)
	Keys    []string // names of those that Vouched goes by
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
	var unknown, unheard error
	var vouched []time.Time
	var others []string
	var asked sync.WaitGroup
	asked.Go(func() { now, unknown = named(ctx, a.Registry, repo+":"+tag) })
	if a.Vouched != nil {
		asked.Go(func() { vouched, others, unheard = a.Vouched(ctx, e.Service, repo+"@"+e.Digest()) })
	}
	records, err := a.Registry.History(ctx, repo, a.Environment, 0)
	asked.Wait()
	stayed, recorded := stay(records, e, now, a.begins(vouched))
	been := recorded
	if a.Vouched != nil {
		been = len(vouched) > 0
	}
	switch {
	case unheard != nil:
		return Verdict{}, unheard
	case err != nil && (a.Soak > 0 || !been):
		return Verdict{}, err
	case been && a.Soak > 0 && unknown != nil:
		return Verdict{}, unknown
	case been:
		return a.stayed(e, stayed, now == e.Digest(), repo+":"+tag), nil
	case recorded:
		return a.unsigned(e, others), nil
	}
	v := Verdict{Reason: fmt.Sprintf("%s has not been in %s", e.Digest(), a.Environment), Remedy: a.enter(e)}
	if now == e.Digest() {
		v.Reason = fmt.Sprintf("%s:%s names it, but no record says how it came there", repo, tag)
	}
	return v, nil
}

// stayed is the verdict on what was there so long, and is there now or not.
func (a After) stayed(e Edge, long time.Duration, still bool, ref string) Verdict {
	v := Verdict{Reason: fmt.Sprintf("it has been in %s for %s", a.Environment, long.Round(time.Second))}
	if long >= a.Soak {
		v.Allowed = true
		return v
	}
	v.Reason += fmt.Sprintf(", of %s", a.Soak)
	v.Remedy = fmt.Sprintf("wait another %s", (a.Soak - long).Round(time.Second))
	if !still { // waiting alone would not do
		v.Reason += fmt.Sprintf(", and %s does not name it now", ref)
		v.Remedy = a.enter(e) + ", then " + v.Remedy
	}
	return v
}

// unsigned is the verdict on what was there by nobody's word that counts.
func (a After) unsigned(e Edge, others []string) Verdict {
	reason := fmt.Sprintf("no record that %s has been in %s is signed by %s", e.Digest(), a.Environment, strings.Join(a.Keys, " or "))
	if len(others) > 0 {
		slices.Sort(others)
		reason += ": there is one, but " + strings.Join(slices.Compact(others), "; and one, but ")
	}
	return Verdict{Reason: reason, Remedy: a.enter(e)}
}

// enter is the command that brings it to the other environment, or signs that it
// is there.
func (a After) enter(e Edge) string {
	command := fmt.Sprintf("retort promote %s --to %s", e.Service, a.Environment)
	if a.Vouched != nil {
		command += " --key FILE"
	}
	return command
}

// begins gives the time in a stay from which it counts, if it does: where signatures
// are asked for, from the first that was made in it.
func (a After) begins(vouched []time.Time) func(from, until time.Time) (time.Time, bool) {
	if a.Vouched == nil {
		return func(from, _ time.Time) (time.Time, bool) { return from, true }
	}
	vouched = slices.SortedFunc(slices.Values(vouched), time.Time.Compare)
	return func(from, until time.Time) (time.Time, bool) {
		for _, t := range vouched {
			if !t.Before(from) {
				return t, t.Before(until)
			}
		}
		return time.Time{}, false
	}
}

// stay sums up how long the service ran the digest there, by its records, the
// newest first: from each of them to the next, or until now. A stay does not
// count when what followed did not find the digest there: nobody knows when it
// was moved by other means.
func stay(records []registry.Record, e Edge, now string, begins func(from, until time.Time) (time.Time, bool)) (stayed time.Duration, been bool) {
	until, found := time.Now(), now
	for _, r := range records {
		if r.Service != e.Service {
			continue
		}
		if r.Digest == e.Digest() {
			been = true
			if from, ok := begins(r.Time, until); ok && found == e.Digest() {
				stayed += until.Sub(from)
			}
		}
		until, found = r.Time, r.Previous
	}
	return stayed, been
}
