package promote

import (
	"context"
	"fmt"
	"time"

	"github.com/retort-ci/retort/pkg/registry"
)

// After is the gate that lets in only what has been in another environment, and
// been there long enough. It believes the records alone: a tag says neither who
// put it there nor since when.
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
// replaced since has still been there. Records that cannot be read are no
// reason to refuse as long as others prove it.
func (a After) Ask(ctx context.Context, e Edge) (Verdict, error) {
	repo, tag, err := a.Where(e.Service)
	if err != nil {
		return Verdict{}, err
	}
	records, err := a.Registry.History(ctx, repo, a.Environment, 0)
	stayed, been := a.stay(records, e)
	switch {
	case been && stayed >= a.Soak:
		return Verdict{Allowed: true, Reason: fmt.Sprintf("it has been in %s for %s", a.Environment, stayed.Round(time.Second))}, nil
	case err != nil:
		return Verdict{}, err
	case been:
		return Verdict{
			Reason: fmt.Sprintf("it has been in %s for %s, of %s", a.Environment, stayed.Round(time.Second), a.Soak),
			Remedy: fmt.Sprintf("wait another %s", (a.Soak - stayed).Round(time.Second)),
		}, nil
	}
	v := Verdict{
		Reason: fmt.Sprintf("%s has not been in %s", e.Digest(), a.Environment),
		Remedy: fmt.Sprintf("retort promote %s --to %s", e.Service, a.Environment),
	}
	now, err := named(ctx, a.Registry, repo+":"+tag)
	if err == nil && now == e.Digest() {
		v.Reason = fmt.Sprintf("%s:%s names it, but no record says how it came there", repo, tag)
	}
	return v, nil
}

// stay sums up how long the service ran the digest there, by its records, the
// newest first: from each of them to the next, or until now.
func (a After) stay(records []registry.Record, e Edge) (stayed time.Duration, been bool) {
	until := time.Now()
	for _, r := range records {
		if r.Service != e.Service {
			continue
		}
		if r.Digest == e.Digest() {
			stayed, been = stayed+until.Sub(r.Time), true
		}
		until = r.Time
	}
	return stayed, been
}
