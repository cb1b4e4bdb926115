package retort

import (
	"context"
	"time"

	"github.com/retort-ci/retort/pkg/progress"
	"github.com/retort-ci/retort/pkg/step/test"
	"github.com/retort-ci/retort/pkg/structure"
)

// runSuites runs those of the plan that are named by their index, and puts each
// outcome in its place: structure checks first, which take no container.
func (p *Pipeline) runSuites(ctx context.Context, eng Engine, plan suitePlan, which []int, opts TestOptions, outcomes []test.Outcome) error {
	var suites []test.Suite
	var at []int
	for _, i := range which {
		s := plan.suites[i]
		if s.checks == nil {
			suites, at = append(suites, s.run), append(at, i)
			continue
		}
		var err error
		if outcomes[i], err = p.runChecks(ctx, eng, s); err != nil {
			return err
		}
	}
	if len(suites) == 0 {
		return nil
	}
	stepOpts, err := p.testOptions(suites, opts.Parallel)
	if err != nil {
		return err
	}
	result, err := test.Run(ctx, eng, stepOpts)
	for k, o := range result.Suites {
		outcomes[at[k]] = o
	}
	return err
}

// runChecks checks the image of the one service that the suite verifies, by all
// of its files.
func (p *Pipeline) runChecks(ctx context.Context, eng Engine, s plannedSuite) (test.Outcome, error) {
	out := test.Outcome{Suite: s.Name, Started: time.Now()}
	var all []structure.Result
	for _, file := range s.checks {
		checks, err := p.check(ctx, eng, s.Name, CheckImageOptions{Image: s.verifies[s.Suite.Verifies[0]], File: file, Timeout: s.Suite.Timeout})
		if err != nil {
			return out, err
		}
		all = append(all, checks...)
	}
	out = structureOutcome(s.Name, all, out.Started)
	event := progress.Event{
		Kind: progress.TaskEnd, Stage: "test", Subject: s.Name, Task: "suite",
		Status: progress.Done, Text: out.Summary(), Elapsed: out.Elapsed,
	}
	if !out.Verdict.Good() {
		event.Status = progress.Failed
	}
	p.sink.Emit(event)
	return out, p.keepStructure(&out)
}
