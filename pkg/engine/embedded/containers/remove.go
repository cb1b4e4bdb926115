//go:build linux

package containers

import (
	"context"
	"fmt"
	"time"

	runc "github.com/containerd/go-runc"
)

// writeLimit is how long a listener may take for the last of the output before
// its container is removed all the same.
const writeLimit = 5 * time.Second

// Kill ends the container by SIGKILL and keeps its files; one that has ended
// already is no error.
func (c *running) Kill(ctx context.Context) error { return c.kill(ctx, c.pidFile()) }

// Remove kills what runs and removes the container with its files. Removing twice
// is no error; what failed is tried again.
func (c *container) Remove(ctx context.Context) error {
	c.removal.Lock()
	defer c.removal.Unlock()
	c.mu.Lock()
	c.gone = true
	p := c.process
	c.mu.Unlock()
	if p != nil {
		if err := c.end(ctx, p); err != nil {
			return err
		}
	}
	c.endCopies()
	// Each step stands upon the one before: files are not deleted below a mount.
	for _, step := range []func(context.Context) error{c.leaveNetwork, c.releaseRootfs, c.forget} {
		if err := step(ctx); err != nil {
			return fmt.Errorf("remove container %s: %w", c.record.Name, err)
		}
	}
	return nil
}

// end kills the process, and removes what runc has of it.
func (c *container) end(ctx context.Context, p *process) error {
	if err := p.kill(ctx, c.pidFile()); err != nil {
		return err
	}
	p.output.abandon() // unless it is passed on
	select {
	case <-p.output.done:
	case <-time.After(writeLimit): // Wait tells of output that was lost
	case <-ctx.Done():
	}
	select {
	case <-p.deleted:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	if p.left != nil {
		p.left = c.delete(ctx)
	}
	return p.left
}

// delete removes the control group, and what runc has written down.
func (c *container) delete(ctx context.Context) error {
	limited, cancel := context.WithTimeout(ctx, cleanupLimit)
	defer cancel()
	return c.runtime.runc.Delete(limited, c.id, &runc.DeleteOpts{Force: true})
}

func (c *container) leaveNetwork(context.Context) error { return c.member.leave() }

func (c *container) releaseRootfs(ctx context.Context) error {
	if c.rootfs == nil {
		return nil
	}
	if err := c.tree.bare(); err != nil {
		return err
	}
	if err := c.rootfs.Release(ctx); err != nil {
		return err
	}
	c.rootfs = nil
	for _, v := range c.volumes {
		v.leave()
	}
	c.volumes = nil
	return nil
}

// forget removes the bundle, and then the name.
func (c *container) forget(context.Context) error {
	r := c.runtime
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.containers[c.id] != c {
		return nil
	}
	if err := removeTree(c.dir()); err != nil {
		return err
	}
	delete(r.containers, c.id)
	return nil
}
