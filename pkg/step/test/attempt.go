package test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/retort-ci/retort/pkg/engine"
)

// run gives the verdict, or the reason why there is none.
func (sc *scope) run(ctx context.Context, out *Outcome) error {
	if err := sc.prepare(ctx); err != nil {
		return err
	}
	var err error
	if len(sc.part.Services) > 0 {
		err = sc.startInTime(ctx)
	}
	if errors.Is(err, errTimeout) && ctx.Err() == nil {
		out.Verdict, out.Reason = TimedOut, fmt.Sprintf("its services were not ready after %s", sc.part.Timeout)
		return sc.reportContainer(out)
	}
	if verdict, ok := errors.AsType[*unfit](err); ok {
		sc.fail(out, verdict.Error(), verdict.tail)
		return sc.reportContainer(out)
	}
	if err != nil {
		return err
	}
	return sc.runContainer(ctx, out)
}

// startInTime gives the services as long as the suite itself may take: one that
// waits for an init container without end would never come to a verdict.
func (sc *scope) startInTime(ctx context.Context) error {
	if sc.part.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, sc.part.Timeout, errTimeout)
		defer cancel()
	}
	return sc.startServices(ctx)
}

// runContainer runs the suite's own container and collects what it wrote, also
// when it failed or ran out of time.
func (sc *scope) runContainer(ctx context.Context, out *Outcome) error {
	start := sc.own
	if start == nil {
		var err error
		if start, err = sc.create(ctx, sc.part.Name, sc.part.Container); err != nil {
			return err
		}
	}
	o, err := sc.newOutput(sc.part.Name, true)
	if err != nil {
		return err
	}
	c, err := start(ctx, o)
	if errors.Is(err, engine.ErrCommand) {
		out.ExitCode = notRun(err)
		sc.fail(out, fmt.Sprintf("exit code %d: %v", out.ExitCode, err), nil)
		out.hopeless = true // no retry would find the command
		return sc.reportContainer(out)
	}
	if err != nil {
		return err
	}
	code, err := waitAtMost(ctx, c, sc.part.Timeout)
	switch {
	case errors.Is(err, errTimeout):
		out.Verdict, out.Reason, out.Tail = TimedOut, fmt.Sprintf("still running after %s", sc.part.Timeout), o.lastLines()
	case err != nil:
		return noRoom(err, sc.opts.Logs)
	case code != 0:
		sc.fail(out, sc.outOfMemory(ctx, c, code), o.lastLines())
		out.ExitCode = code
		sc.fallen(ctx)
	default:
		out.Verdict = Passed
	}
	out.Elapsed = time.Since(out.Started)
	return sc.collect(ctx, c, out, o)
}

// notRun is what a shell would have exited with for a command that it cannot start
// (POSIX.1-2017, Shell Command Language, 2.8.2).
func notRun(err error) int {
	if errors.Is(err, fs.ErrPermission) {
		return 126
	}
	return 127
}

// errTimeout is the cause of a suite's own deadline.
var errTimeout = errors.New("suite timed out")

// waitAtMost waits for the exit code. When the time is over the container is
// killed, so that its files and its last lines can still be had.
func waitAtMost(ctx context.Context, c engine.Container, limit time.Duration) (int, error) {
	wait := ctx
	if limit > 0 {
		var cancel context.CancelFunc
		wait, cancel = context.WithTimeoutCause(ctx, limit, errTimeout)
		defer cancel()
	}
	code, err := c.Wait(wait)
	if err != nil && ctx.Err() == nil && errors.Is(context.Cause(wait), errTimeout) {
		return 0, end(ctx, c)
	}
	return code, err
}

// end gives errTimeout once the container has ended, if it can be ended.
func end(ctx context.Context, c engine.Container) error {
	k, ok := c.(engine.Killer)
	if !ok {
		return errTimeout
	}
	if err := k.Kill(ctx); err != nil {
		return err
	}
	if _, err := c.Wait(ctx); err != nil {
		return err
	}
	return errTimeout
}

// outOfMemory is the reason where the kernel ended the container for the memory
// it took, which looks like any other SIGKILL.
func (sc *scope) outOfMemory(ctx context.Context, c engine.Container, code int) string {
	h, ok := c.(engine.HealthChecker)
	if !ok || code != 137 {
		return ""
	}
	if state, err := h.Health(ctx, nil); err != nil || !state.OOM {
		return ""
	}
	return fmt.Sprintf("exit code %d: it took more memory than its limit, %d MiB", code, sc.part.Container.Memory>>20)
}

// fallen tells of services that ended while a suite that failed ran: they may
// well be why.
func (sc *scope) fallen(ctx context.Context) {
	for name, c := range sc.services() {
		h, ok := c.(engine.HealthChecker)
		if !ok {
			continue
		}
		state, err := h.Health(ctx, nil)
		if err == nil && !state.Running && state.ExitCode != 0 {
			sc.warn("service %s ended with exit code %d while the suite ran", name, state.ExitCode)
		}
	}
}
