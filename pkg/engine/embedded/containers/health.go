//go:build linux

package containers

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	runc "github.com/containerd/go-runc"

	"github.com/retort-ci/retort/pkg/engine"
)

// probeOutput is how much of a probe's output is kept, as Docker keeps it.
const probeOutput = 4096

// execTick lies between two tries to end a command.
const execTick = 5 * time.Millisecond

// Health looks at the container and, while it runs, executes the probe in it.
func (c *running) Health(ctx context.Context, probe []string) (engine.Health, error) {
	h, err := c.state(ctx)
	if err != nil || !h.Running || len(probe) == 0 {
		return h, err
	}
	healthy, said, err := c.exec(ctx, probe)
	if ctx.Err() != nil {
		return engine.Health{}, context.Cause(ctx)
	}
	if err != nil {
		return h, err
	}
	if h, err = c.state(ctx); err == nil && h.Running {
		h.Healthy, h.Output = healthy, said
	}
	return h, err
}

// state is that of this moment.
func (c *running) state(ctx context.Context) (engine.Health, error) {
	switch {
	case ctx.Err() != nil:
		return engine.Health{}, context.Cause(ctx)
	case c.isGone():
		return engine.Health{}, errGone
	case !c.over():
		return engine.Health{Running: true}, nil
	case c.err != nil:
		return engine.Health{}, c.err
	}
	return engine.Health{ExitCode: c.code, OOM: c.oom}, nil
}

func (c *container) isGone() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.gone
}

// exec executes a command beside the container's own, and gives what it prints. It
// is killed when ctx ends. A command that cannot be executed has failed, and runc
// says why.
func (c *running) exec(ctx context.Context, args []string) (succeeded bool, said string, err error) {
	file := c.file("exec-" + newID())
	pidFile := file + ".pid"
	defer func() { _, _ = os.Remove(file), os.Remove(pidFile) }()
	if err := c.writeProcess(file, args); err != nil {
		return false, "", err
	}
	r, w, err := os.Pipe()
	if err != nil {
		return false, "", err
	}
	defer func() { _ = r.Close() }()
	runs, giveUp := context.WithCancel(context.WithoutCancel(ctx))
	defer giveUp()
	cmd := c.runtime.command(runs, "exec", "--process", file, "--pid-file", pidFile, c.id)
	cmd.Stdout, cmd.Stderr = w, w
	failed := cmd.Start()
	_ = w.Close()
	done := make(chan struct{})
	go func() {
		defer close(done)
		if failed == nil {
			failed = cmd.Wait()
		}
	}()
	defer context.AfterFunc(ctx, func() { killExecuted(pidFile, done, giveUp) })()
	kept, _ := io.ReadAll(io.LimitReader(r, probeOutput))
	_, _ = io.Copy(io.Discard, r)
	<-done
	if _, exited := errors.AsType[*exec.ExitError](failed); failed != nil && !exited {
		return false, "", fmt.Errorf("execute %s in container %s: %w", args[0], c.record.Name, failed)
	}
	return failed == nil, strings.TrimSpace(string(kept)), nil
}

// writeProcess writes down for runc what to execute, with the environment, which
// holds secrets: so it is in the bundle, and goes with that whatever happens. The
// library would put it with the machine's temporary files.
func (c *container) writeProcess(file string, args []string) error {
	process := *c.oci.Process
	process.Args = args
	text, err := json.Marshal(process)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.gone { // or on its way
		return errGone
	}
	return os.WriteFile(file, text, 0o600)
}

// killExecuted kills the command itself and leaves it to its runc to end. Without
// a parent it would stay as a zombie, for which the kernel lets the container's
// first process wait when that ends.
func killExecuted(pidFile string, done <-chan struct{}, giveUp func()) {
	tick := time.NewTicker(execTick)
	defer tick.Stop()
	for end := time.After(cleanupLimit); ; {
		if pid, err := readPID(pidFile); err == nil {
			if p, err := os.FindProcess(pid); err == nil {
				_ = p.Kill()
			}
		}
		select {
		case <-done:
			return
		case <-end:
			giveUp()
			return
		case <-tick.C:
		}
	}
}

// command is a run of runc that the library does not do well.
func (r *Runtime) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, cmp.Or(r.runc.Command, runc.DefaultCommand), append([]string{"--root", r.runc.Root}, args...)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: r.runc.Setpgid}
	return cmd
}
