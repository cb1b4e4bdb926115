package gatewayrun

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"syscall"
	"time"

	gateway "github.com/moby/buildkit/frontend/gateway/client"
	gatewaypb "github.com/moby/buildkit/frontend/gateway/pb"
	"github.com/moby/buildkit/solver/pb"

	"github.com/retort-ci/retort/pkg/engine"
)

// releaseLimit bounds how long the daemon may take to end a container.
const releaseLimit = 20 * time.Second

// cleanupLimit bounds what is done after the caller's context has ended.
const cleanupLimit = 5 * time.Second

// errReleased is why calls for a container end that is gone.
var errReleased = errors.New("the container was removed")

// container is one that a build of its own holds open.
type container struct {
	runtime *Runtime
	spec    engine.ContainerSpec
	id      string
	network *network
	told    map[*container]bool // who of it the container began with
	hostNet bool                // it shares the worker's network
	netMode pb.NetMode
	volumes map[string]*volume
	fresh   map[string]bool // volumes that were never used
	leave   func()          // gives the volumes back

	live   context.Context //nolint:containedctx // of the build, which outlives the call that began it
	cancel context.CancelCauseFunc

	image   *tree
	process process
	mounts  []gateway.Mount
	gw      gateway.Container
	first   gateway.ContainerProcess
	stdout  *guard
	stderr  *guard
	heard   chan []string // words of the entering program

	made     chan struct{} // closed when the command can begin
	start    chan struct{} // closed to begin it
	release  chan struct{} // closed to end the build
	once     sync.Once     // of that
	begun    chan struct{} // closed when the first process was started
	released chan struct{} // closed when the build has ended
	ended    chan struct{} // closed when the first process has, or never will
	over     sync.Once     // of that
	code     int
	err      error // set before ended is closed
}

var (
	_ engine.Container     = (*container)(nil)
	_ engine.Killer        = (*container)(nil)
	_ engine.FileCopier    = (*container)(nil)
	_ engine.HealthChecker = (*container)(nil)
	_ engine.PortProber    = (*container)(nil)
)

// ID is a name of our choice; the daemon's own is not told.
func (c *container) ID() string { return c.id }

// end notes how the first process ended, once.
func (c *container) end(code int, err error) {
	c.over.Do(func() {
		c.code, c.err = code, err
		close(c.ended)
	})
}

// lost notes that the build has ended before its process did, or will.
func (c *container) lost(err error) {
	select {
	case <-c.begun:
		if err == nil {
			return // its process says it
		}
	default:
		if err == nil {
			err = errReleased
		}
	}
	c.end(0, err)
}

// maxCode is the greatest exit code that a process has; BuildKit has greater ones
// for what it does not know.
const maxCode = 255

// outcome is the exit code that the entering program told, or else the one that
// BuildKit gives: of a container that was killed. BuildKit's client has no error
// when a connection was lost.
func outcome(exit []string, err error) (int, error) {
	if len(exit) == 2 {
		return strconv.Atoi(exit[1])
	}
	if ended, ok := errors.AsType[*gatewaypb.ExitError](err); ok && ended.ExitCode <= maxCode {
		return int(ended.ExitCode), nil
	}
	return 0, away("how the container ended is unknown", err)
}

// Wait gives the exit code once all output was written.
func (c *container) Wait(ctx context.Context) (int, error) {
	select {
	case <-c.ended:
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
	select {
	case words := <-c.heard: // the kernel refused the command after all
		return 0, c.failure(ctx, words)
	default:
	}
	for _, g := range []*guard{c.stdout, c.stderr} {
		if err := g.failed(); err != nil {
			return 0, err
		}
	}
	return c.code, explain(ctx, "wait for container", c.why())
}

// why is the error of the container's end.
func (c *container) why() error {
	<-c.ended
	return c.err
}

// Kill ends the container and keeps its files; one that has ended is no error.
func (c *container) Kill(ctx context.Context) error {
	select {
	case <-c.ended:
		return nil
	default:
	}
	return explain(ctx, "kill container", c.first.Signal(ctx, syscall.SIGKILL))
}

// Remove ends the build, and with it all processes of the container. It returns
// when nothing is written any more; or when ctx has ended, and then the daemon ends
// the container by itself. Its name, network and volumes are given back either way.
func (c *container) Remove(ctx context.Context) error {
	defer func() {
		if c.network != nil {
			c.network.leave(c)
		}
		c.leave()
		c.runtime.forget(c)
	}()
	c.once.Do(func() { close(c.release) })
	for _, end := range []chan struct{}{c.released, c.ended} {
		select {
		case <-end:
		case <-ctx.Done():
			c.cancel(errReleased)
			return context.Cause(ctx)
		}
	}
	return nil
}

// forget lets another container have the name.
func (r *Runtime) forget(c *container) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.containers[c] {
		delete(r.containers, c)
		delete(r.names, c.spec.Name)
	}
}
