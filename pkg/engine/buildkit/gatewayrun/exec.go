package gatewayrun

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"syscall"

	gateway "github.com/moby/buildkit/frontend/gateway/client"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/internal/sockets"
)

// errUntold is that a command has left no word of how it ended.
var errUntold = errors.New("the command did not tell how it ended")

// exec executes a command in the container and gives its exit code. When ctx ends
// first, so does the command.
func (c *container) exec(ctx context.Context, mode string, cmd []string, stdout, stderr io.Writer) (int, error) {
	nonce := rand.Text()
	var said []string
	words := newSpeech(nonce, stderr, func(words []string) { said = words })
	stdin, alive := io.Pipe()
	defer func() { _ = alive.Close() }() // its end is the command's
	began, done := false, make(chan error, 1)
	go func() { // a daemon that hangs may not answer to the start, either
		proc, err := c.gw.Start(c.live, gateway.StartRequest{
			Args: c.process.entered(mode, nonce, cmd), Env: c.process.env, Cwd: c.process.cwd, User: root,
			Stdin: stdin, Stdout: closer{stdout}, Stderr: words, SecurityMode: securityMode(c.spec),
		})
		if began = err == nil; began {
			err = proc.Wait()
			_ = words.Close()
		}
		done <- err
	}()
	var err error
	select {
	case err = <-done:
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
	switch {
	case !began:
		return 0, explain(ctx, "execute in container", err)
	case len(said) == 2 && said[0] == "exit":
		return strconv.Atoi(said[1])
	case len(said) > 2 && said[0] == "fail":
		n, _ := strconv.Atoi(said[len(said)-1])
		return 0, fmt.Errorf("%s: %w", strings.Join(said[1:len(said)-1], " "), syscall.Errno(n))
	}
	return 0, errors.Join(errUntold, err)
}

// beginning keeps the first bytes written to it.
type beginning struct {
	mu    sync.Mutex
	kept  []byte
	limit int
}

// Write forgets what is beyond the limit.
func (b *beginning) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.kept = append(b.kept, p[:min(len(p), b.limit-len(b.kept))]...)
	return len(p), nil
}

// probeOutput is how much of a probe's output is kept, as Docker keeps it.
const probeOutput = 4096

// state is the container's now.
func (c *container) state() engine.Health {
	select {
	case <-c.ended:
		return engine.Health{ExitCode: c.code}
	default:
		return engine.Health{Running: true}
	}
}

// Health looks at the container and, while it runs, executes the probe in it.
func (c *container) Health(ctx context.Context, probe []string) (engine.Health, error) {
	h := c.state()
	if !h.Running {
		return h, c.gone(ctx)
	}
	if len(probe) == 0 {
		return h, nil
	}
	out := &beginning{limit: probeOutput}
	code, err := c.exec(ctx, "probe", probe, out, out)
	if err != nil {
		return c.unprobed(ctx, err)
	}
	h.Healthy, h.Output = code == 0, strings.TrimSpace(string(out.kept))
	return h, nil
}

// gone is an error where the container's state is no longer known.
func (c *container) gone(ctx context.Context) error {
	select {
	case <-c.release:
		return errReleased
	default:
		return explain(ctx, "look at container", c.why())
	}
}

// unprobed is the state of a container in which no probe could be executed: the
// image lacks it, or the container has ended since it was looked at.
func (c *container) unprobed(ctx context.Context, why error) (engine.Health, error) {
	if ctx.Err() != nil {
		return engine.Health{}, context.Cause(ctx)
	}
	h := c.state()
	h.Output = why.Error()
	if !h.Running {
		return h, c.gone(ctx)
	}
	return h, nil
}

// tableLimit is how much of the socket table is read: some 7,000 sockets.
const tableLimit = 1 << 20

// Listening reads the kernel's own list in the container.
func (c *container) Listening(ctx context.Context, ports []string) (engine.Health, error) {
	wanted, err := sockets.TCPPorts(ports)
	if err != nil {
		return engine.Health{}, err
	}
	h := c.state()
	if !h.Running {
		return h, c.gone(ctx)
	}
	if len(wanted) == 0 {
		h.Healthy = true
		return h, nil
	}
	out := &beginning{limit: tableLimit}
	if _, err := c.exec(ctx, "show", []string{"/proc/net/tcp", "/proc/net/tcp6"}, out, io.Discard); err != nil {
		return c.unprobed(ctx, err)
	}
	listeners, ok := sockets.Listeners(string(out.kept))
	if !ok {
		return c.unprobed(ctx, errUntold)
	}
	silent := sockets.Silent(listeners, wanted, c.shared())
	h.Healthy, h.Output = len(silent) == 0, sockets.Silence(silent)
	return h, nil
}
