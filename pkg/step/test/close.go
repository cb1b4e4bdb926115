package test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/go-multierror"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/internal/grace"
	"github.com/retort-ci/retort/pkg/internal/many"
)

// cleanupLimit bounds the removal of what a suite made, once the run was told to
// stop: Jenkins gives an aborted step about five seconds.
const cleanupLimit = 4 * time.Second

// remover is a container to be removed, whether or not it was started.
type remover interface {
	Remove(ctx context.Context) error
}

// close removes all containers at once, then network and volumes, whether or not
// ctx has ended. What cannot be removed now is the next run's sweep to remove.
func (sc *scope) close(ctx context.Context) error {
	ctx, cancel := grace.Outlive(ctx, cleanupLimit)
	defer cancel()

	var g multierror.Group
	for _, c := range sc.made {
		g.Go(protected(func() error { return c.Remove(ctx) }))
	}
	errs := g.Wait()
	if sc.network != nil {
		errs = multierror.Append(errs, sc.network.Remove(ctx))
	}
	for _, v := range sc.volumes {
		errs = multierror.Append(errs, v.Remove(ctx))
	}
	closed := sc.closeOutputs()
	if err := many.Errors(errs); err != nil {
		return fault.Wrap(fault.Infrastructure, fmt.Errorf("clean up: %w", errors.Join(err, closed)),
			"the next `retort test` on this engine removes what is left")
	}
	return closed
}

func (sc *scope) closeOutputs() error {
	var errs *multierror.Error
	for _, o := range sc.outputs {
		errs = multierror.Append(errs, o.close())
	}
	return noRoom(many.Errors(errs), sc.opts.Logs)
}
