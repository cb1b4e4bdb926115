package test

import (
	"context"
	"fmt"
	"time"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/progress"
)

// runPart runs a suite, or a shard of it, until it has passed or may not be run
// again, and tells of it as one task. One that had no place yet when the run was
// told to stop does not begin: it would take the time that cleaning up has.
func runPart(ctx context.Context, eng engine.Runner, opts Options, p part) (Outcome, error) {
	if ctx.Err() != nil {
		return Outcome{Suite: p.title()}, fmt.Errorf("suite %s: %w", p.title(), context.Cause(ctx))
	}
	begun := time.Now()
	event := progress.Event{Kind: progress.TaskBegin, Stage: "test", Subject: p.title(), Task: "suite"}
	progress.Or(opts.Progress).Emit(event)
	out, err := runAttempts(ctx, eng, opts, p)
	if err != nil {
		out.Verdict = "" // the reports of one that passed may be lost
		err = fmt.Errorf("suite %s: %w", p.title(), err)
	}
	out.Elapsed = time.Since(begun)
	event.Kind, event.Status, event.Text, event.Elapsed, event.Err = progress.TaskEnd, statusOf(out, err), out.Summary(), out.Elapsed, err
	progress.Or(opts.Progress).Emit(event)
	return out, err
}

func runAttempts(ctx context.Context, eng engine.Runner, opts Options, p part) (Outcome, error) {
	if p.idle() {
		sc := &scope{opts: opts, part: p}
		out := idle(p)
		return out, sc.reportIdle(&out)
	}
	var attempts []Outcome
	for {
		sc := &scope{engine: eng, opts: opts, part: p, attempt: len(attempts), sink: progress.Or(opts.Progress)}
		out, err := sc.runAttempt(ctx)
		attempts = append(attempts, out)
		switch {
		case err != nil:
			return out, err
		case out.Verdict == Passed, out.hopeless, len(attempts) > p.Retries:
			joined := joinAttempts(attempts)
			return joined, sc.rewrite(&joined)
		}
		sc.note("%s; running it again, %d of %d retries", out.Summary(), len(attempts), p.Retries)
	}
}

// runAttempt is one run from its network to its verdict. Everything it makes
// goes into the scope, which is left empty on every way out.
func (sc *scope) runAttempt(ctx context.Context) (out Outcome, err error) {
	out = Outcome{Suite: sc.part.title(), Started: time.Now()}
	defer func() { out.Elapsed = time.Since(out.Started) }()
	err = protected(func() error { return sc.run(ctx, &out) })()
	if cleanup := sc.close(ctx); err == nil {
		err = cleanup
	} else if cleanup != nil {
		sc.warn("%v; %s", cleanup, fault.HintOf(cleanup))
	}
	return out, err
}

// idle is the outcome of a shard that has nothing to do.
func idle(p part) Outcome {
	return Outcome{
		Suite: p.title(), Verdict: Passed, Started: time.Now(), Attempts: 1,
		Reason: fmt.Sprintf("no file is left for shard %s", p.shard),
	}
}

func statusOf(o Outcome, err error) progress.Status {
	if err != nil || !o.Verdict.Good() {
		return progress.Failed
	}
	return progress.Done
}
