package test

import (
	"context"
	"maps"
	"slices"

	"github.com/retort-ci/retort/pkg/engine"
)

// starter starts a container of the suite and keeps it among the services.
type starter func(ctx context.Context, out *output) (engine.Container, error)

// create makes a container of the suite under its service name, if the engine
// can do that before it starts it, and keeps it for removal.
func (sc *scope) create(ctx context.Context, service string, spec engine.ContainerSpec) (starter, error) {
	spec = sc.placed(service, spec)
	creator, ok := sc.engine.(engine.Creator)
	if !ok {
		return func(ctx context.Context, out *output) (engine.Container, error) {
			spec.Stdout, spec.Stderr = out.stdout, out.stderr
			c, err := sc.engine.Start(ctx, spec)
			if err == nil {
				sc.keep(c)
			}
			return sc.running(service, c, err)
		}, nil
	}
	created, err := creator.Create(ctx, spec)
	if err != nil {
		return nil, err
	}
	sc.keep(created)
	return func(ctx context.Context, out *output) (engine.Container, error) {
		c, err := created.Start(ctx, out.stdout, out.stderr)
		return sc.running(service, c, err)
	}, nil
}

// placed is the spec with its name, its place in the network and the volumes.
func (sc *scope) placed(service string, spec engine.ContainerSpec) engine.ContainerSpec {
	// The dot keeps service db of suite orders-unit apart from service unit-db
	// of suite orders.
	spec.Name = sc.name() + "." + service
	spec.Labels = sc.labels()
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
	return spec
}

func (sc *scope) keep(c remover) {
	sc.mu.Lock()
	defer sc.mu.Unlock()
	sc.made = append(sc.made, c)
}

func (sc *scope) running(service string, c engine.Container, err error) (engine.Container, error) {
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
