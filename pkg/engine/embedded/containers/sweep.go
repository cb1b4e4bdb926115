//go:build linux

package containers

import (
	"context"
	"errors"
	"path/filepath"
	"time"

	"github.com/hashicorp/go-multierror"

	"github.com/retort-ci/retort/pkg/internal/many"
	"github.com/retort-ci/retort/pkg/internal/owner"
)

// thing is a container, a network or a volume of this process.
type thing struct {
	Record
	remove func(context.Context) error
}

// things lists them in the order in which they can be removed.
func (r *Runtime) things() []thing {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []thing
	for _, c := range r.containers {
		all = append(all, thing{Record: c.record, remove: c.Remove})
	}
	for _, n := range r.networks {
		all = append(all, thing{Record: n.record, remove: n.Remove})
	}
	for _, v := range r.volumes {
		all = append(all, thing{Record: v.record, remove: v.Remove})
	}
	return all
}

// Sweep removes what processes left that are dead, and of this one what belongs
// to a run that its labels call dead.
func (r *Runtime) Sweep(ctx context.Context) ([]string, error) {
	removed, errs := r.sweepHomes(ctx)
	for _, t := range r.things() {
		o, marked := owner.Parse(t.Labels)
		if !marked || !o.Dead(time.Since(t.Created)) {
			continue
		}
		err := t.remove(ctx)
		if errors.Is(err, errInUse) {
			continue // someone living uses it: it is for a later sweep
		}
		if err != nil {
			errs = multierror.Append(errs, err)
			continue
		}
		removed = append(removed, t.String())
	}
	return removed, many.Errors(errs)
}

// sweepHomes removes the directories and control groups of dead processes. Their
// containers ended with them.
func (r *Runtime) sweepHomes(ctx context.Context) ([]string, *multierror.Error) {
	homes, err := abandoned(r.opts.Root)
	if err != nil {
		return nil, multierror.Append(nil, err)
	}
	var removed []string
	var errs *multierror.Error
	for _, h := range homes {
		left, err := records(h.dir)
		if err == nil {
			err = r.cgroups.beside(filepath.Join(r.opts.Cgroup, h.id())).clear(ctx)
		}
		if err == nil {
			err = h.remove()
		}
		if err != nil {
			errs = multierror.Append(errs, err)
			_ = h.lock.Close() // for the next one to try
			continue
		}
		for _, t := range left {
			removed = append(removed, t.String())
		}
	}
	return removed, errs
}
