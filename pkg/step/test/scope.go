package test

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/hashicorp/go-multierror"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/internal/grace"
	"github.com/retort-ci/retort/pkg/internal/many"
	"github.com/retort-ci/retort/pkg/progress"
)

// cleanupLimit bounds the removal of what a suite made, once the run was told to
// stop: Jenkins gives an aborted step about five seconds.
const cleanupLimit = 4 * time.Second

// scope owns the containers and the network of one suite's run.
type scope struct {
	engine engine.Runner
	opts   Options
	suite  string
	sink   progress.Sink

	network engine.Network
	mu      sync.Mutex
	started []engine.Container
	logs    []*output
}

// prepare makes a network of the suite's own when it needs company. A suite
// without services has nobody to talk to and takes the engine's default.
func (sc *scope) prepare(ctx context.Context, s Suite) error {
	if err := checkGraph(s); err != nil {
		return err
	}
	if err := sc.clearFiles(); err != nil {
		return err
	}
	if len(s.Services) == 0 {
		return nil
	}
	networker, ok := sc.engine.(engine.Networker)
	if !ok {
		return fault.Wrap(fault.Usage, fmt.Errorf("services beside a suite: %w", engine.ErrUnsupported),
			"use an engine with networks, such as docker")
	}
	network, err := networker.CreateNetwork(ctx, engine.NetworkSpec{
		Name: sc.opts.Prefix + "-" + s.Name, Labels: sc.labels(),
	})
	if err != nil {
		return err
	}
	sc.network = network
	return nil
}

// labels are the owner's, and the suite's name for whoever looks at the engine.
func (sc *scope) labels() map[string]string {
	l := maps.Clone(sc.opts.Labels)
	if l == nil {
		l = map[string]string{}
	}
	l["dev.retort.suite"] = sc.suite
	return l
}

// start runs a container of the suite under its service name, and keeps it for
// removal. shown output goes to the listener line by line; all of it goes to
// the log file and the last lines into the tail.
func (sc *scope) start(ctx context.Context, name string, spec engine.ContainerSpec, shown bool) (engine.Container, *tail, error) {
	out, err := sc.newOutput(name, shown)
	if err != nil {
		return nil, nil, err
	}
	// The dot keeps service db of suite orders-unit apart from service unit-db
	// of suite orders.
	spec.Name = sc.opts.Prefix + "-" + sc.suite + "." + name
	spec.Labels = sc.labels()
	spec.Stdout, spec.Stderr = out.stdout, out.stderr
	if sc.network != nil {
		spec.Network = sc.network.ID()
		spec.Aliases = append([]string{name}, spec.Aliases...)
	}
	c, err := sc.engine.Start(ctx, spec)
	if err != nil {
		return nil, nil, err
	}
	sc.mu.Lock()
	defer sc.mu.Unlock()
	sc.started = append(sc.started, c)
	return c, out.tail, nil
}

// close removes all containers at once, then the network, whether or not ctx
// has ended. What cannot be removed now is the next run's sweep to remove.
func (sc *scope) close(ctx context.Context) error {
	ctx, cancel := grace.Outlive(ctx, cleanupLimit)
	defer cancel()

	var g multierror.Group
	for _, c := range sc.started {
		g.Go(func() error { return c.Remove(ctx) })
	}
	errs := g.Wait()
	if sc.network != nil {
		errs = multierror.Append(errs, sc.network.Remove(ctx))
	}
	for _, l := range sc.logs {
		errs = multierror.Append(errs, l.close())
	}
	if err := many.Errors(errs); err != nil {
		return fault.Wrap(fault.Infrastructure, fmt.Errorf("clean up: %w", err),
			"the next `retort test` on this engine removes what is left")
	}
	return nil
}
