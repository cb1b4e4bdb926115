package test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
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

// scope owns the containers, the network and the volumes of one attempt at a part.
type scope struct {
	engine  engine.Runner
	opts    Options
	part    part
	attempt int // from 0
	sink    progress.Sink

	network engine.Network
	volumes map[string]engine.Volume // by their name in the suite
	mu      sync.Mutex
	started map[string]engine.Container // by service, the suite's own too
	outputs []*output
}

// prepare makes a network of the suite's own when it needs company. A suite
// without services has nobody to talk to and takes the engine's default.
func (sc *scope) prepare(ctx context.Context) error {
	if err := sc.part.Check(); err != nil {
		return err
	}
	if err := sc.clearReports(); err != nil { // of the attempt before
		return err
	}
	if err := sc.makeVolumes(ctx); err != nil {
		return err
	}
	if len(sc.part.Services) == 0 {
		return nil
	}
	networker, ok := sc.engine.(engine.Networker)
	if !ok {
		return fault.Wrap(fault.Usage, fmt.Errorf("services beside a suite: %w", engine.ErrUnsupported),
			"use an engine with networks, such as docker")
	}
	network, err := networker.CreateNetwork(ctx, engine.NetworkSpec{Name: sc.name(), Labels: sc.labels()})
	if err != nil {
		return err
	}
	sc.network = network
	return nil
}

func (sc *scope) makeVolumes(ctx context.Context) error {
	if len(sc.part.Volumes) == 0 {
		return nil
	}
	volumer, ok := sc.engine.(engine.Volumer)
	if !ok {
		return fault.Wrap(fault.Usage, fmt.Errorf("volumes of a suite: %w", engine.ErrUnsupported),
			"use an engine with volumes, such as docker")
	}
	sc.volumes = map[string]engine.Volume{}
	for _, name := range sc.part.Volumes {
		v, err := volumer.CreateVolume(ctx, engine.VolumeSpec{Name: sc.name() + "." + name, Labels: sc.labels()})
		if err != nil {
			return err
		}
		sc.volumes[name] = v
	}
	return nil
}

// name is one that nothing else on the engine has.
func (sc *scope) name() string {
	name := sc.opts.Prefix + "-" + sc.part.id()
	if sc.attempt > 0 {
		name += ".rerun" + strconv.Itoa(sc.attempt)
	}
	return name
}

// labels are the owner's, and the suite's name for whoever looks at the engine.
func (sc *scope) labels() map[string]string {
	l := maps.Clone(sc.opts.Labels)
	if l == nil {
		l = map[string]string{}
	}
	l["dev.retort.suite"] = sc.part.Name
	return l
}

// start runs a container of the suite under its service name, and keeps it for
// removal. What it prints goes to out.
func (sc *scope) start(ctx context.Context, service string, spec engine.ContainerSpec, out *output) (engine.Container, error) {
	// The dot keeps service db of suite orders-unit apart from service unit-db
	// of suite orders.
	spec.Name = sc.name() + "." + service
	spec.Labels = sc.labels()
	spec.Stdout, spec.Stderr = out.stdout, out.stderr
	spec.Mounts = slices.Clone(spec.Mounts)
	for i, m := range spec.Mounts {
		if v := sc.volumes[m.Volume]; v != nil {
			spec.Mounts[i].Volume = v.Name()
		}
	}
	if sc.network != nil && spec.Network == "" {
		spec.Network = sc.network.ID()
		spec.Aliases = append([]string{service}, spec.Aliases...)
	}
	c, err := sc.engine.Start(ctx, spec)
	if err != nil {
		return nil, err
	}
	sc.mu.Lock()
	defer sc.mu.Unlock()
	if sc.started == nil {
		sc.started = map[string]engine.Container{}
	}
	sc.started[service] = c
	return c, nil
}

// services are the containers beside the suite's own.
func (sc *scope) services() map[string]engine.Container {
	sc.mu.Lock()
	defer sc.mu.Unlock()
	services := maps.Clone(sc.started)
	delete(services, sc.part.Name)
	return services
}

// close removes all containers at once, then network and volumes, whether or not
// ctx has ended. What cannot be removed now is the next run's sweep to remove.
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

func (sc *scope) warn(format string, args ...any) { sc.tell(progress.Warning, format, args...) }

func (sc *scope) note(format string, args ...any) { sc.tell(progress.Note, format, args...) }

func (sc *scope) tell(kind progress.Kind, format string, args ...any) {
	sc.sink.Emit(progress.Event{Kind: kind, Stage: "test", Subject: sc.part.title(), Text: fmt.Sprintf(format, args...)})
}
