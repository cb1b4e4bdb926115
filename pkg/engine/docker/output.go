package docker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"time"

	"github.com/docker/docker/api/types"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/pkg/stdcopy"

	"github.com/retort-ci/retort/pkg/fault"
)

// drainLimit is how long a daemon may be silent, after a container has ended,
// without closing the container's streams.
const drainLimit = 5 * time.Second

// drainTick is how often that is looked at.
const drainTick = 500 * time.Millisecond

// output is what an attached container prints, on its way to the spec's writers.
type output struct {
	from  io.Reader
	asked atomic.Int64  // Unix time, in ns, at which a read began that has not ended; 0: none
	ended chan struct{} // closed when all was written
	// Why it ended early; set before ended is closed.
	readErr, err error
}

// attach begins to copy. The daemon closes the streams when the container ends.
func (c *running) attach(ctx context.Context, stdout, stderr io.Writer) error {
	if stdout == nil && stderr == nil {
		return nil
	}
	streams, err := c.engine.api.ContainerAttach(ctx, c.id, container.AttachOptions{
		Stream: true, Stdout: stdout != nil, Stderr: stderr != nil,
	})
	if err != nil {
		return c.engine.explain(ctx, "attach", err)
	}
	c.output = &output{from: streams.Reader, ended: make(chan struct{})}
	go c.output.copy(streams, orDiscard(stdout), orDiscard(stderr))
	return nil
}

func orDiscard(w io.Writer) io.Writer {
	if w == nil {
		return io.Discard
	}
	return w
}

// copy splits the multiplexed stream. The writers are the caller's own code: a
// panic in them, in a goroutine that nobody else can recover, would end the
// process before it has removed its containers.
func (o *output) copy(streams types.HijackedResponse, stdout, stderr io.Writer) {
	defer close(o.ended)
	defer streams.Close()
	defer func() {
		if cause := recover(); cause != nil {
			o.err = panicked(cause)
		}
	}()
	_, o.err = stdcopy.StdCopy(stdout, stderr, o)
}

// panicked is called while the stack still shows where.
func panicked(cause any) error {
	return &fault.Fault{
		Side: fault.Unexpected, Err: fmt.Errorf("the listener panicked: %v", cause),
		Detail: strings.Split(strings.TrimSpace(string(debug.Stack())), "\n"),
	}
}

// Read notes since when the daemon is waited for.
func (o *output) Read(p []byte) (int, error) {
	o.asked.Store(time.Now().UnixNano())
	defer o.asked.Store(0)
	n, err := o.from.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		o.readErr = err
	}
	return n, err
}

// drain waits until all output was written. A slow writer is waited for; a
// daemon that has fallen silent is not, since the exit code is known already.
func (c *running) drain(ctx context.Context) error {
	o := c.output
	if o == nil {
		return nil
	}
	tick := time.NewTicker(drainTick)
	defer tick.Stop()
	for begun := time.Now(); ; {
		select {
		case <-o.ended:
			return c.outputErr(ctx)
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
		asked := o.asked.Load()
		if asked != 0 && time.Since(begun) > drainLimit && time.Since(time.Unix(0, asked)) > drainLimit {
			return nil
		}
	}
}

// outputErr tells a daemon that went away from a writer that failed.
func (c *running) outputErr(ctx context.Context) error {
	switch {
	case c.output.readErr != nil:
		return c.engine.explain(ctx, "read output", c.output.readErr)
	case c.output.err != nil:
		return fmt.Errorf("docker: keep output of container %.12s: %w", c.id, c.output.err)
	}
	return nil
}
