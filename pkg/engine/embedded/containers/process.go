//go:build linux

package containers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	runc "github.com/containerd/go-runc"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
)

// startTick lies between two looks whether the command was started.
const startTick = time.Millisecond

// killedCode is the exit code of what ended by SIGKILL, as Docker tells it.
const killedCode = 137

// process is a container's first one, and the runc that stands over it.
type process struct {
	output *output
	ended  chan struct{} // closed when it has ended, with all of its children

	runc   *os.Process
	killed atomic.Bool // by us

	finding sync.Mutex
	pid     int         // 0 until it is known
	first   *os.Process // by a pidfd: another process cannot be taken for it

	// How it ended, set before ended is closed.
	code int
	oom  bool
	err  error

	deleted chan struct{} // closed when runc has nothing of it any more, or failed
	left    error         // why it failed, set before
}

// launch lets runc execute the bundle, in the foreground: it takes the exit code,
// and whoever is orphaned when this process dies.
func (c *container) launch(ctx context.Context, stdout, stderr io.Writer) (*process, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case c.gone:
		return nil, errGone
	case c.process != nil:
		return nil, errors.New("the container was started before")
	}
	out, err := newOutput(stdout, stderr)
	if err != nil {
		return nil, err
	}
	p := &process{output: out, ended: make(chan struct{}), deleted: make(chan struct{})}
	c.process = p
	begun := make(chan int, 1)
	engine := *c.runtime.runc
	engine.Log, engine.LogFormat = c.file("runc.log"), runc.JSON // its standard error is the container's
	if !c.runtime.cgroups.writable() {
		yes := true
		engine.Rootless = &yes // it may then go without control groups
	}
	go func() {
		code, err := engine.Run(context.WithoutCancel(ctx), c.id, c.dir(), &runc.CreateOpts{
			IO: out, PidFile: c.pidFile(), Started: begun,
			ExtraArgs: []string{"--keep"}, // its control group tells whether memory ran out
		})
		p.finish(c, code, err)
		p.left = c.delete(context.WithoutCancel(ctx)) // while the caller looks at what it gave
		close(p.deleted)
	}()
	if pid := <-begun; pid > 0 {
		p.runc, _ = os.FindProcess(pid)
	}
	out.started()
	return p, nil
}

func (c *container) pidFile() string { return c.file("pid") }

// finish notes how runc ended. Its own end by a signal, which is -1, is not the
// command's.
func (p *process) finish(c *container, code int, err error) {
	if _, exited := errors.AsType[*runc.ExitError](err); exited && code >= 0 {
		err = nil
	}
	if code < 0 && p.killed.Load() {
		code, err = killedCode, nil
	}
	if err != nil || code < 0 {
		p.err = fault.Wrap(fault.Infrastructure, fmt.Errorf("%w: runc, which ran container %s, ended: %w", engine.ErrUnavailable, c.record.Name, err), "see `runc --version`: 1.1 or later is needed")
		if first := p.find(c.pidFile()); first != nil {
			_ = first.Kill() // nobody stands over it any more
		}
	}
	p.code, p.oom = code, c.runtime.cgroups.oom(c.id)
	close(p.ended)
	p.output.end()
}

// started waits until the command is executed, and begins to pass on its output.
func (p *process) started(ctx context.Context, c *container) error {
	tick := time.NewTicker(startTick)
	defer tick.Stop()
	for over := false; ; {
		switch {
		case p.find(c.pidFile()) != nil:
			p.output.copy()
			return nil
		case over:
			return p.failed(c)
		}
		select {
		case <-p.ended:
			over = true // with a last look at the file
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
}

// find looks for the first process; nil until runc tells of it.
func (p *process) find(pidFile string) *os.Process {
	p.finding.Lock()
	defer p.finding.Unlock()
	if p.first != nil {
		return p.first
	}
	pid, err := readPID(pidFile)
	if err != nil {
		return nil
	}
	// It may have ended already, and then there is nothing to hold.
	p.pid = pid
	p.first, _ = os.FindProcess(pid)
	return p.first
}

// readPID reads a file that runc writes at one stroke.
func readPID(path string) (int, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(string(text))
}

// failed tells a command that cannot be executed from a runc that cannot.
func (p *process) failed(c *container) error {
	p.output.abandon()
	why := complaint(c.file("runc.log"))
	if p.err != nil {
		return p.err
	}
	if err := c.unstartable(); err != nil {
		return fmt.Errorf("%w: %s: %w", engine.ErrCommand, c.commandLine(), err)
	}
	return fault.New(fault.Infrastructure, "see what it says; `runc --version` must be 1.1 or later",
		"start a container of %s: runc: %s", c.spec.Image, why)
}

// complaint is the last thing that runc logged.
func complaint(log string) string {
	text, err := os.ReadFile(log)
	if err != nil || len(text) == 0 {
		if err == nil || errors.Is(err, fs.ErrNotExist) {
			return "it said nothing"
		}
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	last := lines[len(lines)-1]
	var entry struct {
		Msg string `json:"msg"`
	}
	if json.Unmarshal([]byte(last), &entry) != nil || entry.Msg == "" {
		return last
	}
	return entry.Msg
}

// over says whether the process has ended.
func (p *process) over() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// kill ends the first process, and the kernel with it all of its namespace. Where
// the start was given up, runc is let come so far that there is a process: killed
// half-way it would leave one that nobody knows.
func (p *process) kill(ctx context.Context, pidFile string) error {
	tick := time.NewTicker(startTick)
	defer tick.Stop()
	var late <-chan time.Time
	for {
		if first := p.find(pidFile); first != nil && !p.over() && late == nil {
			tick.Stop()
			if err := first.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
				return err
			}
			late = time.After(drainLimit)
		}
		select {
		case <-p.ended:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-late:
			// A stream that another container holds is all that runc waits for.
			p.killed.Store(true)
			_ = p.runc.Kill()
		case <-tick.C:
		}
	}
}

// Wait gives the exit code when all output was written.
func (p *process) Wait(ctx context.Context) (int, error) {
	for _, done := range []chan struct{}{p.ended, p.output.done} {
		select {
		case <-done:
		case <-ctx.Done():
			return 0, context.Cause(ctx)
		}
	}
	if p.err != nil {
		return 0, p.err
	}
	return p.code, p.output.failure()
}
