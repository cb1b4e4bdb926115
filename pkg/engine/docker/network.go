package docker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/network"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/internal/grace"
)

type privateNetwork struct {
	engine *Engine
	id     string
}

var _ engine.Network = (*privateNetwork)(nil)

// CreateNetwork makes a bridge network.
func (e *Engine) CreateNetwork(ctx context.Context, spec engine.NetworkSpec) (engine.Network, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	late, cancel := grace.Outlive(ctx, answerLimit)
	defer cancel()
	id, err := e.createSomewhere(late, spec)
	switch {
	case err == nil && ctx.Err() != nil:
		e.removeNetworkLate(ctx, id)
		return nil, context.Cause(ctx)
	case err == nil:
		return &privateNetwork{engine: e, id: id}, nil
	case errors.Is(err, errNoSubnet):
		return nil, e.crowded(ctx, spec, err)
	case !answered(err) && spec.Name != "":
		e.removeNetworkLate(ctx, spec.Name) // as with a container whose creation had no answer
	}
	return nil, fault.Wrap(fault.Infrastructure, fmt.Errorf("network %s: %w", spec.Name, e.explain(ctx, "create network", err)),
		"see `docker network ls`")
}

// createIn asks for a network in the subnet, or in one of the daemon's choice.
func (e *Engine) createIn(ctx context.Context, spec engine.NetworkSpec, ipam *network.IPAM) (string, error) {
	created, err := e.api.NetworkCreate(ctx, spec.Name, network.CreateOptions{
		Driver: "bridge", Internal: spec.Internal, Labels: spec.Labels, IPAM: ipam,
	})
	return created.ID, err
}

// removeNetworkLate removes although ctx may have ended, also what a busy daemon is
// still making: the name is not known before that.
func (e *Engine) removeNetworkLate(ctx context.Context, name string) {
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupLimit)
	defer cancel()
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	for errdefs.IsNotFound(e.api.NetworkRemove(late, name)) {
		select {
		case <-late.Done():
			return
		case <-again.C:
		}
	}
}

// ID is the daemon's network ID.
func (n *privateNetwork) ID() string { return n.id }

// Remove gives the network's addresses back to the daemon's pool.
func (n *privateNetwork) Remove(ctx context.Context) error {
	err := n.engine.api.NetworkRemove(ctx, n.id)
	if errdefs.IsNotFound(err) {
		return nil
	}
	return n.engine.explain(ctx, "remove network", err)
}
