package docker

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"sync/atomic"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/internal/grace"
	"github.com/retort-ci/retort/pkg/internal/placing"
)

// answerLimit is how long a request to create something outlives its caller.
const answerLimit = 2 * time.Second

// cleanupLimit bounds what is done after the caller's context has ended.
const cleanupLimit = 3 * time.Second

// running is a started container.
type running struct {
	engine *Engine
	id     string
	output *output      // nil when nobody listens
	asked  atomic.Int32 // the way by which Listening was answered, 0 as long as it was not
}

var (
	_ engine.Container     = (*running)(nil)
	_ engine.Killer        = (*running)(nil)
	_ engine.FileCopier    = (*running)(nil)
	_ engine.HealthChecker = (*running)(nil)
	_ engine.PortProber    = (*running)(nil)
)

// Start creates and starts.
func (e *Engine) Start(ctx context.Context, spec engine.ContainerSpec) (engine.Container, error) {
	made, err := e.prepare(ctx, spec)
	if err != nil {
		return nil, err
	}
	c, err := made.Start(ctx, spec.Stdout, spec.Stderr)
	if err != nil {
		e.removeLate(ctx, made.id)
	}
	return c, err
}

// created is a container that has not been started.
type created struct {
	running
	spec engine.ContainerSpec
}

var _ engine.Created = (*created)(nil)

// Create makes the container and puts the spec's files in.
func (e *Engine) Create(ctx context.Context, spec engine.ContainerSpec) (engine.Created, error) {
	made, err := e.prepare(ctx, spec)
	if err != nil {
		return nil, err
	}
	return made, nil
}

func (e *Engine) prepare(ctx context.Context, spec engine.ContainerSpec) (*created, error) {
	if err := placing.CheckMounts(spec); err != nil {
		return nil, err
	}
	if err := placing.CheckFiles(spec); err != nil {
		return nil, err
	}
	id, err := e.create(ctx, spec)
	if err != nil {
		return nil, err
	}
	c := &created{running{engine: e, id: id}, spec}
	if err := c.putFiles(ctx, spec); err != nil {
		e.removeLate(ctx, id)
		return nil, err
	}
	return c, nil
}

// create leaves nothing behind when it fails, also when ctx ends in the middle.
func (e *Engine) create(ctx context.Context, spec engine.ContainerSpec) (string, error) {
	if ctx.Err() != nil {
		return "", context.Cause(ctx)
	}
	// A daemon goes on creating what it was asked for when the request is given
	// up; only its answer tells what there is to remove.
	late, cancel := grace.Outlive(ctx, answerLimit)
	defer cancel()
	made, err := e.api.ContainerCreate(late, containerConfig(spec), hostConfig(spec), endpoints(spec), nil, spec.Name)
	switch {
	case err == nil && ctx.Err() != nil:
		e.removeLate(ctx, made.ID)
		return "", context.Cause(ctx)
	case errdefs.IsNotFound(err):
		return "", fmt.Errorf("%s: %w (docker at %s)", spec.Image, engine.ErrImageNotFound, e.address)
	case err != nil && !answered(err) && spec.Name != "":
		// The answer was lost. If there is a container, its name finds it. After
		// an answer the name may well be that of another run's.
		e.removeLate(ctx, spec.Name)
	}
	return made.ID, e.explain(ctx, "create a container of "+spec.Image, err)
}

// Start attaches, then starts: in this order no line of output is lost.
func (c *created) Start(ctx context.Context, stdout, stderr io.Writer) (engine.Container, error) {
	if err := c.attach(ctx, stdout, stderr); err != nil {
		return nil, err
	}
	err := c.engine.api.ContainerStart(ctx, c.id, container.StartOptions{})
	if err == nil {
		return &c.running, nil
	}
	switch c.neverRan(ctx) {
	case notExecutable:
		return nil, fmt.Errorf("%w: %s: %w: %w", engine.ErrCommand, commandLine(c.spec), fs.ErrPermission, err)
	case notFound:
		return nil, fmt.Errorf("%w: %s: %w", engine.ErrCommand, commandLine(c.spec), err)
	}
	return nil, c.engine.explain(ctx, "start a container of "+c.spec.Image, err)
}

// What the runtime records where it could not start the command, as shells do.
const (
	notExecutable = 126
	notFound      = 127
)

// neverRan is one of those, or another number.
func (c *running) neverRan(ctx context.Context) int {
	in, err := c.engine.api.ContainerInspect(ctx, c.id)
	if err != nil || in.State == nil {
		return 0
	}
	return in.State.ExitCode
}

func commandLine(spec engine.ContainerSpec) string {
	words := append(append([]string{}, spec.Entrypoint...), spec.Cmd...)
	if len(words) == 0 {
		return "the image's own command"
	}
	return strings.Join(words, " ")
}

// ID is the daemon's container ID.
func (c *running) ID() string { return c.id }

// Wait asks the daemon for the exit code, then waits for the output's end. A
// daemon that goes away while the container runs is ErrUnavailable, never an
// exit code.
func (c *running) Wait(ctx context.Context) (int, error) {
	results, errs := c.engine.api.ContainerWait(ctx, c.id, container.WaitConditionNotRunning)
	select {
	case r := <-results:
		if r.Error != nil {
			return 0, fmt.Errorf("docker: wait for container %.12s: %s", c.id, r.Error.Message)
		}
		return int(r.StatusCode), c.drain(ctx)
	case err := <-errs:
		return 0, c.engine.explain(ctx, "wait for container", err)
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
}
