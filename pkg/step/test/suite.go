package test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/progress"
)

// runSuite is one suite from its network to its verdict. Everything it makes
// goes into a scope, which is left empty on every way out.
func runSuite(ctx context.Context, eng engine.Runner, opts Options, s Suite) (Outcome, error) {
	out := Outcome{Suite: s.Name, Started: time.Now()}
	sink := progress.Or(opts.Progress)
	sink.Emit(progress.Event{Kind: progress.TaskBegin, Stage: "test", Subject: s.Name, Task: "suite"})

	sc := &scope{engine: eng, opts: opts, suite: s.Name, sink: sink}
	err := sc.run(ctx, s, &out)
	if cleanup := sc.close(ctx); err == nil {
		err = cleanup
	} else if cleanup != nil {
		sc.warn(s.Name, "%v; %s", cleanup, fault.HintOf(cleanup))
	}

	if err != nil {
		out.Verdict = "" // the reports of one that passed may be lost
	}
	out.Elapsed = time.Since(out.Started)
	sink.Emit(progress.Event{
		Kind: progress.TaskEnd, Stage: "test", Subject: s.Name, Task: "suite",
		Status: statusOf(out, err), Text: out.Summary(), Elapsed: out.Elapsed, Err: err,
	})
	if err != nil {
		return out, fmt.Errorf("suite %s: %w", s.Name, err)
	}
	return out, nil
}

// run gives the verdict, or the reason why there is none.
func (sc *scope) run(ctx context.Context, s Suite, out *Outcome) error {
	if err := sc.prepare(ctx, s); err != nil {
		return err
	}
	err := sc.startInTime(ctx, s)
	if errors.Is(err, errTimeout) && ctx.Err() == nil {
		out.Verdict, out.Reason = TimedOut, fmt.Sprintf("its services were not ready after %s", s.Timeout)
		return sc.reportNothing(s, out)
	}
	if verdict, ok := errors.AsType[*unfit](err); ok {
		out.fail(verdict.Error(), verdict.tail)
		return sc.reportNothing(s, out)
	}
	if err != nil {
		return err
	}
	return sc.runContainer(ctx, s, out)
}

// startInTime gives the services as long as the suite itself may take: one that
// waits for an init container without end would never come to a verdict.
func (sc *scope) startInTime(ctx context.Context, s Suite) error {
	if s.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, s.Timeout, errTimeout)
		defer cancel()
	}
	return sc.startServices(ctx, s)
}

// runContainer runs the suite's own container and collects what it wrote, also
// when it failed or ran out of time.
func (sc *scope) runContainer(ctx context.Context, s Suite, out *Outcome) error {
	c, tail, err := sc.start(ctx, s.Name, s.Container, true)
	if errors.Is(err, engine.ErrCommand) {
		out.fail(err.Error(), nil)
		return sc.reportNothing(s, out)
	}
	if err != nil {
		return err
	}
	code, err := waitAtMost(ctx, c, s.Timeout)
	switch {
	case errors.Is(err, errTimeout):
		out.Verdict, out.Reason = TimedOut, fmt.Sprintf("still running after %s", s.Timeout)
		out.Tail = tail.lines()
	case err != nil:
		return err
	case code != 0:
		out.fail("", tail.lines())
		out.ExitCode = code
	default:
		out.Verdict = Passed
	}
	return sc.collect(ctx, c, s, out)
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

func (o *Outcome) fail(reason string, tail []string) {
	o.Verdict, o.Reason, o.Tail = Failed, reason, tail
}

func statusOf(o Outcome, err error) progress.Status {
	if err != nil || o.Verdict != Passed {
		return progress.Failed
	}
	return progress.Done
}

// Summary is the outcome in a few words.
func (o Outcome) Summary() string {
	switch {
	case o.Verdict == "":
		return "no verdict"
	case o.Reason != "":
		return fmt.Sprintf("%s: %s", o.Verdict, o.Reason)
	case o.Verdict == Failed:
		return fmt.Sprintf("failed: exit code %d", o.ExitCode)
	}
	return string(o.Verdict)
}
