package test

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/progress"
)

// unfit says that a service did not reach the condition it was needed in. It
// is a verdict on what is tested, not a failure to test.
type unfit struct {
	service string
	reason  string
	tail    []string
}

// Error names the service and what became of it.
func (u *unfit) Error() string { return fmt.Sprintf("service %s %s", u.service, u.reason) }

// node is a service on its way up; up is closed when it runs, or cannot.
type node struct {
	Service
	needed    bool // the suite does not go on without it
	up        chan struct{}
	unfit     error // why it does not run
	container engine.Container
	output    *output
	health    once
	completed once
}

// startServices starts the graph: each service as soon as its own dependencies
// have reached their conditions, so independent ones come up side by side. It
// returns when the suite's dependencies hold and its own container can be
// started. Containers are created while what they wait for comes up.
func (sc *scope) startServices(ctx context.Context) error {
	nodes := make(map[string]*node, len(sc.part.Services))
	for _, svc := range sc.part.Services {
		nodes[svc.Name] = &node{Service: svc, up: make(chan struct{})}
	}
	need(nodes, append(sc.part.unasked(), sc.part.DependsOn...))
	g, ctx := errgroup.WithContext(ctx)
	for _, n := range nodes {
		g.Go(protected(func() error { return sc.bringUp(ctx, nodes, n) }))
	}
	g.Go(protected(func() (err error) {
		sc.own, err = sc.createWhile(ctx, nodes, sc.part.DependsOn, sc.part.Name, sc.part.Container)
		return err
	}))
	return g.Wait()
}

// unasked are the services that nobody depends on: those are wanted for themselves.
func (s Suite) unasked() []Dependency {
	asked := map[string]bool{}
	for _, on := range append([]Service{{DependsOn: s.DependsOn}}, s.Services...) {
		for _, d := range on.DependsOn {
			asked[d.Service] = true
		}
	}
	var unasked []Dependency
	for _, svc := range s.Services {
		if !asked[svc.Name] {
			unasked = append(unasked, Dependency{Service: svc.Name})
		}
	}
	return unasked
}

// need marks what has to be there for the dependencies to hold.
func need(nodes map[string]*node, deps []Dependency) {
	for _, d := range deps {
		if n := nodes[d.Service]; !d.Optional && !n.needed {
			n.needed = true
			need(nodes, n.DependsOn)
		}
	}
}

// createWhile creates a container while its dependencies come up, and returns
// when it may be started. It waits until they run: what is needed first should
// not share the engine with what is needed later.
func (sc *scope) createWhile(ctx context.Context, nodes map[string]*node, deps []Dependency, name string, spec engine.ContainerSpec) (own starter, err error) {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(protected(func() error { return sc.await(ctx, nodes, deps) }))
	g.Go(protected(func() (err error) {
		if err := started(ctx, nodes, deps); err != nil {
			return err
		}
		if own, err = sc.create(ctx, name, spec); err != nil && name != sc.part.Name {
			err = fmt.Errorf("service %s: %w", name, err)
		}
		return err
	}))
	err = g.Wait()
	return own, err
}

// started returns when every dependency runs, whatever its condition.
func started(ctx context.Context, nodes map[string]*node, deps []Dependency) error {
	for _, d := range deps {
		select {
		case <-nodes[d.Service].up:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// bringUp starts one service when it may be started. One that nobody has to wait for
// may fail.
func (sc *scope) bringUp(ctx context.Context, nodes map[string]*node, n *node) error {
	err := sc.start(ctx, nodes, n)
	if _, ok := errors.AsType[*unfit](err); ok && !n.needed {
		n.unfit, err = err, nil
	}
	if err == nil {
		close(n.up)
	}
	return err
}

func (sc *scope) start(ctx context.Context, nodes map[string]*node, n *node) error {
	start, err := sc.createWhile(ctx, nodes, n.DependsOn, n.Name, n.Container)
	if err != nil {
		return err
	}
	o, err := sc.newOutput(n.Name, false)
	if err != nil {
		return err
	}
	c, err := start(ctx, o)
	if errors.Is(err, engine.ErrCommand) {
		return &unfit{service: n.Name, reason: "could not be started: " + err.Error()}
	}
	if err != nil {
		return fmt.Errorf("service %s: %w", n.Name, err)
	}
	n.container, n.output = c, o
	return nil
}

// await returns when every dependency has reached its condition. They are waited
// for side by side, so that each is probed from its start.
func (sc *scope) await(ctx context.Context, nodes map[string]*node, deps []Dependency) error {
	g, ctx := errgroup.WithContext(ctx)
	for _, d := range deps {
		g.Go(protected(func() error {
			n := nodes[d.Service]
			select {
			case <-n.up:
				err := sc.reached(ctx, n, d.Condition)
				if bad, ok := errors.AsType[*unfit](err); ok && d.Optional {
					sc.warn("%v; it is gone on without", bad)
					return nil
				}
				return err
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}))
	}
	return g.Wait()
}

// reached waits for the condition of a service that was started. Several may
// wait for the same one; it is probed once.
func (sc *scope) reached(ctx context.Context, n *node, c Condition) error {
	if n.unfit != nil {
		return n.unfit
	}
	switch c {
	case Healthy:
		return n.health.do(func() error { return sc.healthy(ctx, n) })
	case Completed:
		return n.completed.do(func() error { return completed(ctx, n) })
	case Started:
	}
	return nil
}

// completed waits for an init container's end.
func completed(ctx context.Context, n *node) error {
	code, err := n.container.Wait(ctx)
	if err != nil {
		return fmt.Errorf("service %s: %w", n.Name, err)
	}
	if code != 0 {
		return &unfit{service: n.Name, reason: fmt.Sprintf("ended with exit code %d", code), tail: n.output.lastLines()}
	}
	return nil
}

// healthy polls the probe and tells how long it took.
func (sc *scope) healthy(ctx context.Context, n *node) error {
	ask, err := n.Health.asks(n.container)
	if err != nil {
		return fault.Wrap(fault.Usage, fmt.Errorf("health of service %s: %w", n.Name, err), "")
	}
	event := progress.Event{Kind: progress.TaskEnd, Stage: "test", Subject: sc.part.title(), Task: n.Name + " healthy"}
	if len(n.Health.Probe) == 0 {
		event.Task = n.Name + " listening"
	}
	took, err := n.Health.await(ctx, n, ask)
	event.Elapsed, event.Err, event.Status = took, err, progress.Done
	if err != nil {
		event.Status = progress.Failed
	}
	sc.sink.Emit(event)
	return err
}
