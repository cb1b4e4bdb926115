package structure

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/retort-ci/retort/pkg/engine"
)

// Containers runs command tests on an engine.
type Containers struct {
	Engine engine.Runner
	// Template is what every container has in common: the image, as the engine
	// knows it, and perhaps labels, a network, limits. Its Name must be empty,
	// since several containers may run at once. Entrypoint, Cmd, Stdout and
	// Stderr are set by Run.
	Template engine.ContainerSpec
	Timeout  time.Duration // of one test; 0: none
}

var _ Runner = (*Containers)(nil)

// removeLimit is how long a removal may take after ctx has ended.
const removeLimit = 3 * time.Second

// Run starts a container, waits for its end and removes it. A container that
// cannot be removed is an error, also when the test ran out of time.
func (c *Containers) Run(ctx context.Context, what Invocation) (int, error) {
	container, err := c.Engine.Start(ctx, c.spec(what))
	if err != nil {
		return 0, err
	}
	code, err := c.wait(ctx, container)
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), removeLimit)
	defer cancel()
	if left := container.Remove(late); left != nil {
		if _, ok := errors.AsType[*TimeoutError](err); ok {
			err = nil
		}
		return 0, errors.Join(err, left)
	}
	return code, err
}

// wait gives the exit code, or a *TimeoutError.
func (c *Containers) wait(ctx context.Context, container engine.Container) (int, error) {
	if c.Timeout <= 0 {
		return container.Wait(ctx)
	}
	timeout := &TimeoutError{After: c.Timeout}
	limited, cancel := context.WithTimeoutCause(ctx, c.Timeout, timeout)
	defer cancel()
	code, err := container.Wait(limited)
	if err != nil && limited.Err() != nil && ctx.Err() == nil {
		return 0, timeout
	}
	return code, err
}

func (c *Containers) spec(what Invocation) engine.ContainerSpec {
	s := c.Template
	s.Entrypoint, s.Cmd = what.Args[:1], what.Args[1:]
	s.Env = slices.Concat(s.Env, what.Env)
	s.Stdout, s.Stderr = what.Stdout, what.Stderr
	if what.Options.User != "" {
		s.User = what.Options.User
	}
	if what.Options.Network != "" {
		s.Network, s.Aliases = what.Options.Network, nil
	}
	s.Privileged = s.Privileged || what.Options.Privileged
	s.CapAdd = slices.Concat(s.CapAdd, what.Options.CapAdd)
	s.CapDrop = slices.Concat(s.CapDrop, what.Options.CapDrop)
	return s
}
