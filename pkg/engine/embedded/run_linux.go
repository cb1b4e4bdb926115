package embedded

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/engine/embedded/containers"
	"github.com/retort-ci/retort/pkg/engine/embedded/internal/state"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/progress"
)

var (
	_ engine.Runner    = (*Engine)(nil)
	_ engine.Creator   = (*Engine)(nil)
	_ engine.Networker = (*Engine)(nil)
	_ engine.Volumer   = (*Engine)(nil)
	_ engine.Sweeper   = (*Engine)(nil)
)

// runner is what runs the engine's containers. It is made when it is first
// needed: a build takes none.
type runner struct {
	mu   sync.Mutex
	made *containers.Runtime
}

// containers gives the engine's runtime.
func (e *Engine) containers() (*containers.Runtime, error) {
	e.runner.mu.Lock()
	defer e.runner.mu.Unlock()
	if e.runner.made != nil {
		return e.runner.made, nil
	}
	found, err := lookForHost()
	if err != nil {
		return nil, err
	}
	dir, err := e.opts.stateDir()
	if err != nil {
		return nil, err
	}
	// It sweeps below the directory, so that must be ours.
	if err := state.Prepare(dir); err != nil {
		return nil, err
	}
	made, err := containers.New(containers.Options{
		Root: filepath.Join(dir, "run"), Runc: found.runc,
		Rootfs: func(ctx context.Context, image string) (containers.Rootfs, error) { return e.Rootfs(ctx, image) },
		Warn: func(text string) {
			progress.Or(e.opts.Progress).Emit(progress.Event{Kind: progress.Warning, Text: text})
		},
	})
	if err != nil {
		return nil, fault.Wrap(fault.Infrastructure, fmt.Errorf("embedded engine: %w: %w", engine.ErrUnavailable, err), "")
	}
	e.runner.made = made
	return made, nil
}

// close ends what still runs.
func (r *runner) close(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.made == nil {
		return nil
	}
	made := r.made
	r.made = nil
	return made.Close(ctx)
}

// Start creates a container and starts it, see package containers.
func (e *Engine) Start(ctx context.Context, spec engine.ContainerSpec) (engine.Container, error) {
	r, err := e.containers()
	if err != nil {
		return nil, err
	}
	return r.Start(ctx, spec)
}

// Create makes a container with its files.
func (e *Engine) Create(ctx context.Context, spec engine.ContainerSpec) (engine.Created, error) {
	r, err := e.containers()
	if err != nil {
		return nil, err
	}
	return r.Create(ctx, spec)
}

// CreateNetwork makes a network from which nothing outside can be reached.
func (e *Engine) CreateNetwork(ctx context.Context, spec engine.NetworkSpec) (engine.Network, error) {
	r, err := e.containers()
	if err != nil {
		return nil, err
	}
	return r.CreateNetwork(ctx, spec)
}

// CreateVolume makes an empty volume.
func (e *Engine) CreateVolume(ctx context.Context, spec engine.VolumeSpec) (engine.Volume, error) {
	r, err := e.containers()
	if err != nil {
		return nil, err
	}
	return r.CreateVolume(ctx, spec)
}

// Sweep removes what dead processes left of their containers.
func (e *Engine) Sweep(ctx context.Context) ([]string, error) {
	r, err := e.containers()
	if err != nil {
		return nil, err
	}
	return r.Sweep(ctx)
}
