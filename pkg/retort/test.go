package retort

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/go-multierror"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/internal/many"
	"github.com/retort-ci/retort/pkg/internal/owner"
	"github.com/retort-ci/retort/pkg/mask"
	"github.com/retort-ci/retort/pkg/state"
	"github.com/retort-ci/retort/pkg/step/test"
)

// TestOptions are the choices of Test.
type TestOptions struct {
	Suites    []string // all when empty
	Parallel  int      // containers of suites at once
	Shard     Shard    // this agent's part of them
	NoCache   bool     // run every suite, whatever evidence there is
	AllowBind bool     // let containers mount paths of the engine's host
}

// TestResult holds an outcome per suite, in the project's order.
type TestResult struct {
	test.Result
	Verifies map[string][]string      // suite to the services its verdict is about
	Cached   map[string]time.Duration // suite to the age of the run that stands for one of now

	logless []string // suites that take no container
}

// Err is nil when every suite passed, and otherwise a fault on the tests' side
// that names those which did not.
func (r TestResult) Err() error {
	var failed []string
	var detail []string
	for _, s := range r.Suites {
		if s.Verdict.Good() {
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
	if slices.Contains(r.logless, failed[0]) {
		hint = fmt.Sprintf("read %s/reports/%s/", state.DirName, failed[0])
	}
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
	if err := opts.Shard.check(); err != nil {
		return TestResult{}, err
	}
	past := &pastRuns{p: p}
	if suites, err = p.share(ctx, suites, opts.Shard, past); err != nil {
		return TestResult{}, err
	}
	eng, err := p.engineAtWork(ctx, "test")
	if err != nil {
		return TestResult{}, err
	}
	without, err := p.suitesFit(ctx, eng, suites, opts.AllowBind)
	if err != nil {
		return TestResult{}, err
	}
	p.warnWithout(suites, without)
	p.sweep(ctx, eng)
	plan, err := p.planSuites(ctx, eng, suites, opts, past)
	if err != nil {
		return TestResult{}, err
	}
	return p.testPlan(ctx, eng, plan, opts, past)
}

// testPlan gives an outcome for every suite of the plan: that of an earlier run
// where nothing has changed since, or of a run now.
func (p *Pipeline) testPlan(ctx context.Context, eng Engine, plan suitePlan, opts TestOptions, past *pastRuns) (TestResult, error) {
	result := TestResult{Verifies: map[string][]string{}, Cached: map[string]time.Duration{}}
	result.Suites = make([]test.Outcome, len(plan.suites))
	kept := make([]state.Suite, len(plan.suites))
	var rest []int
	for i, s := range plan.suites {
		result.Verifies[s.Name] = s.Suite.Verifies
		if s.checks != nil {
			result.logless = append(result.logless, s.Name)
		}
		found, err := p.earlierRun(ctx, s, plan.images, past)
		if err != nil {
			return result, err
		}
		if found == nil {
			rest = append(rest, i)
			continue
		}
		if result.Suites[i], err = p.restore(s, found); err != nil {
			return result, err
		}
		kept[i] = found.suite
		result.Cached[s.Name] = time.Since(found.suite.Started)
	}
	err := p.runSuites(ctx, eng, plan, rest, opts, result.Suites)
	return result, many.Errors(multierror.Append(err, p.keepTested(ctx, plan, result.Suites, kept)))
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
		ttl += 2 * s.Timeout * time.Duration(1+s.Retries) // of its services and of itself
	}
	self := owner.Self(ttl)
	return test.Options{
		Suites: suites, Parallel: parallel,
		Reports: filepath.Join(dir, "reports"), Logs: filepath.Join(dir, "logs"),
		Prefix: "retort-" + self.Run, Labels: self.Labels(), Secrets: mask.NewSet(p.Secrets()...), Progress: p.sink,
	}, nil
}
