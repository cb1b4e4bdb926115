package test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/go-multierror"

	"github.com/retort-ci/retort/pkg/engine"
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

	freed := sc.freeNetwork(ctx)
	var g multierror.Group
	for _, c := range sc.made {
		g.Go(func() error { return c.Remove(ctx) })
	}
	errs := g.Wait()
	if !<-freed {
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

// freeNetwork gives the network back as soon as nothing runs in it, while what
// ran is still being taken off the disk, and tells whether it could.
func (sc *scope) freeNetwork(ctx context.Context) <-chan bool {
	freed := make(chan bool, 1)
	if sc.network == nil {
		freed <- true
		return freed
	}
	var g multierror.Group
	for _, c := range sc.started {
		if k, ok := c.(engine.Killer); ok {
			g.Go(func() error { return k.Kill(ctx) })
		}
	}
	killed := g.Wait().ErrorOrNil() == nil
	go func() { freed <- killed && sc.network.Remove(ctx) == nil }()
	return freed
}

func (sc *scope) closeOutputs() error {
	var errs *multierror.Error
	for _, o := range sc.outputs {
		errs = multierror.Append(errs, o.close())
	}
	return noRoom(many.Errors(errs), sc.opts.Logs)
}
