package docker

import (
	"context"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"

	"github.com/retort-ci/retort/pkg/internal/grace"
)

// Kill ends the container by SIGKILL; one that has ended already is no error.
func (c *running) Kill(ctx context.Context) error {
	err := c.engine.api.ContainerKill(ctx, c.id, "KILL")
	if errdefs.IsConflict(err) || errdefs.IsNotFound(err) {
		return nil
	}
	return c.engine.explain(ctx, "kill container", err)
}

// Remove kills and removes in one request, and waits until nothing of the
// output is written any more.
func (c *running) Remove(ctx context.Context) error {
	err := c.engine.api.ContainerRemove(ctx, c.id, container.RemoveOptions{Force: true, RemoveVolumes: true})
	switch {
	case errdefs.IsConflict(err): // another removal is under way
		err = c.gone(ctx)
	case errdefs.IsNotFound(err):
		err = nil
	}
	if err != nil {
		return c.engine.explain(ctx, "remove container", err)
	}
	limit, cancel := context.WithTimeout(ctx, drainLimit)
	defer cancel()
	_ = c.drain(limit) // Wait tells of output that was lost
	return nil
}

// gone waits for the end of a removal.
func (c *running) gone(ctx context.Context) error {
	results, errs := c.engine.api.ContainerWait(ctx, c.id, container.WaitConditionRemoved)
	select {
	case <-results:
		return nil
	case err := <-errs:
		if errdefs.IsNotFound(err) {
			return nil
		}
		return err
	}
}

// removeLate removes although ctx may have ended; what fails here is left to
// the next run's sweep.
func (e *Engine) removeLate(ctx context.Context, id string) {
	late, cancel := grace.Outlive(ctx, cleanupLimit)
	defer cancel()
	_ = (&running{engine: e, id: id}).Remove(late)
}
