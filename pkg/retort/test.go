package retort

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/hashicorp/go-multierror"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/internal/grace"
	"github.com/retort-ci/retort/pkg/internal/many"
	"github.com/retort-ci/retort/pkg/internal/owner"
	"github.com/retort-ci/retort/pkg/state"
	"github.com/retort-ci/retort/pkg/step/test"
)

// TestOptions are the choices of Test.
type TestOptions struct {
	Suites   []string // all when empty
	Parallel int      // suites at once
}

// TestResult holds an outcome per suite, in the project's order.
type TestResult struct {
	test.Result
	Verifies map[string][]string // suite to the services its verdict is about
}

// Err is nil when every suite passed, and otherwise a fault on the tests' side
// that names those which did not.
func (r TestResult) Err() error {
	var failed []string
	var detail []string
	for _, s := range r.Suites {
		if s.Verdict == test.Passed {
			continue
		}
		failed = append(failed, s.Suite)
		detail = append(detail, s.Suite+": "+s.Summary())
		for _, line := range s.Tail[max(0, len(s.Tail)-shownTail):] {
			detail = append(detail, "  "+line)
		}
	}
	if len(failed) == 0 {
		return nil
	}
	hint := fmt.Sprintf("read %s/logs/%s/", state.DirName, failed[0])
	if len(r.Verifies) > 0 { // of a project, where suites have names
		hint += ", then run: retort test " + strings.Join(failed, " ")
	}
	return &fault.Fault{
		Side: fault.Tests, Detail: detail, Hint: hint,
		Err: fmt.Errorf("%d of %d suites did not pass: %s", len(failed), len(r.Suites), strings.Join(failed, ", ")),
	}
}

// shownTail is how many last lines of a failed suite end the run.
const shownTail = 10

// Test runs suites against the very images that were built. Suites and support
// services that are not built yet are built first. A failed suite is a result;
// see [TestResult.Err].
func (p *Pipeline) Test(ctx context.Context, opts TestOptions) (result TestResult, err error) {
	defer p.stage("test")(&err)
	suites, err := p.Project.Suites(opts.Suites...)
	if err != nil {
		return TestResult{}, err
	}
	if len(suites) == 0 {
		return TestResult{}, fault.New(fault.Usage, "mark a service as a suite: x-retort: { verifies: [SERVICE] }",
			"the project has no suite to run")
	}
	eng, err := p.openEngine()
	if err != nil {
		return TestResult{}, err
	}
	p.sweep(ctx, eng)
	plan, err := p.planSuites(ctx, eng, suites)
	if err != nil {
		return TestResult{}, err
	}
	result.Verifies = plan.verifies
	stepOpts, err := p.testOptions(plan.suites, opts.Parallel)
	if err != nil {
		return result, err
	}
	result.Result, err = test.Run(ctx, eng, stepOpts)
	return result, many.Errors(multierror.Append(err, p.keepTested(ctx, plan, result.Result)))
}

// sweep removes what killed runs left on the engine. Failing to is told; it is
// no reason not to test.
func (p *Pipeline) sweep(ctx context.Context, eng Engine) {
	sweeper, ok := eng.(engine.Sweeper)
	if !ok {
		return
	}
	removed, err := sweeper.Sweep(ctx)
	for _, what := range removed {
		p.note("test", "", "removed "+what+", left behind by a run that was killed")
	}
	if err != nil && ctx.Err() == nil {
		p.warn("test", "", "remove what killed runs left: "+err.Error())
	}
}

// slack is how much longer than its suites a run may last before another
// machine may take it for dead.
const slack = 30 * time.Minute

func (p *Pipeline) testOptions(suites []test.Suite, parallel int) (test.Options, error) {
	dir, err := p.state.Prepare()
	if err != nil {
		return test.Options{}, err
	}
	ttl := slack
	for _, s := range suites {
		ttl += s.Timeout
	}
	self := owner.Self(ttl)
	return test.Options{
		Suites: suites, Parallel: parallel,
		Reports: filepath.Join(dir, "reports"), Logs: filepath.Join(dir, "logs"),
		Prefix: "retort-" + self.Run, Labels: self.Labels(), Progress: p.sink,
	}, nil
}

// keepTested writes the verdicts down and binds them to the digests that
// registries have already; for the others push does it. A suite that came to
// none loses the one it had: it must not speak for this run.
func (p *Pipeline) keepTested(ctx context.Context, plan suitePlan, result test.Result) error {
	writing, cancel := grace.Outlive(ctx, time.Second)
	defer cancel()
	run, err := p.keep(writing, func(r *state.Run) {
		for i, o := range result.Suites {
			if o.Verdict == "" {
				delete(r.Suites, plan.suites[i].Name)
				continue
			}
			r.Suites[o.Suite] = p.suiteState(plan, o)
		}
	})
	if ctx.Err() != nil {
		return err
	}
	if err != nil {
		return err
	}
	var errs *multierror.Error
	for service, l := range plan.images {
		if l.digest != "" {
			if err := p.attachEvidence(ctx, run, service, l.digest); err != nil {
				errs = multierror.Append(errs, fmt.Errorf("attach evidence to %s: %w", l.digest, err))
			}
		}
	}
	return many.Errors(errs)
}

func (p *Pipeline) suiteState(plan suitePlan, o test.Outcome) state.Suite {
	s := state.Suite{
		Verdict: verdict(o.Verdict), ExitCode: o.ExitCode, Image: plan.images[o.Suite].id,
		Verifies: map[string]string{}, Started: o.Started.UTC(), Seconds: o.Elapsed.Seconds(),
	}
	for _, service := range plan.verifies[o.Suite] {
		s.Verifies[service] = plan.images[service].id
	}
	for _, path := range o.Reports {
		if rel, err := filepath.Rel(p.Project.Dir, path); err == nil {
			s.Reports = append(s.Reports, filepath.ToSlash(rel))
		}
	}
	return s
}

// verdict is v as the state writes it down.
func verdict(v test.Verdict) state.Verdict {
	switch v {
	case test.Passed:
		return state.Passed
	case test.TimedOut:
		return state.Timeout
	case test.Failed:
	}
	return state.Failed
}
