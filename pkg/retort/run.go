package retort

import (
	"context"
	"slices"
	"time"

	"github.com/retort-ci/retort/pkg/fault"
)

// RunOptions are the choices of Run.
type RunOptions struct {
	To       string   // environment to reach, through those before it; none when empty
	Tags     []string // as in PushOptions
	ForceTag bool     // likewise
	Parallel int

	AllowBind bool // as in TestOptions
	FromForks bool // as in PushOptions

	NoReferrers bool // as in PromoteOptions
}

// RunResult holds what each stage gave, as far as the run came.
type RunResult struct {
	Build      BuildResult
	Test       TestResult
	Push       PushResult
	Promotions []PromoteResult // one per environment on the way
	Stages     []StageTime     // in order
}

// StageTime is how long a stage took.
type StageTime struct {
	Name    string
	Elapsed time.Duration
}

// Run is the whole pipeline. It stops where CI would: at the first stage that
// fails, tests that do not pass and gates that refuse included.
func (p *Pipeline) Run(ctx context.Context, opts RunOptions) (RunResult, error) {
	var r RunResult
	environments, err := p.pathTo(opts)
	if err != nil {
		return r, err
	}
	if err := p.allSuitesFit(ctx, opts.AllowBind); err != nil {
		return r, err
	}
	type stage struct {
		name string
		run  func() error
	}
	pipeline := []stage{
		// every image of the project, suites too, from this commit
		{"build", func() (err error) {
			r.Build, err = p.Build(ctx, BuildOptions{Parallel: opts.Parallel})
			return err
		}},
		// every suite against those very images
		{"test", func() (err error) {
			if r.Test, err = p.testIfAny(ctx, opts); err != nil {
				return err
			}
			return r.Test.Err()
		}},
		// the same images to their repositories, verdicts attached to their digests
		{"push", func() (err error) {
			r.Push, err = p.Push(ctx, PushOptions{Tags: opts.Tags, ForceTag: opts.ForceTag, FromForks: opts.FromForks, Parallel: opts.Parallel})
			return err
		}},
	}
	for _, env := range environments {
		// the same digests into one environment after the other, through its gates
		pipeline = append(pipeline, stage{env, func() error {
			if r.Push.Skipped != "" {
				return fault.New(fault.Policy, "leave --to out where nothing is pushed", "%s refused: %s", env, r.Push.Skipped)
			}
			moved, err := p.Promote(ctx, PromoteOptions{To: env, NoReferrers: opts.NoReferrers})
			r.Promotions = append(r.Promotions, moved)
			if err != nil {
				return err
			}
			return moved.Err()
		}})
	}
	for _, s := range pipeline {
		begun := time.Now()
		err := s.run()
		r.Stages = append(r.Stages, StageTime{Name: s.name, Elapsed: time.Since(begun)})
		if err != nil {
			return r, err
		}
	}
	return r, nil
}

// testIfAny lets a project without suites through: what it promotes to decides
// whether that will do.
func (p *Pipeline) testIfAny(ctx context.Context, opts RunOptions) (TestResult, error) {
	suites, err := p.Project.Suites()
	if err != nil || len(suites) == 0 {
		return TestResult{}, err
	}
	return p.Test(ctx, TestOptions{Parallel: opts.Parallel, AllowBind: opts.AllowBind})
}

// pathTo gives the environments that lead to one, itself last.
func (p *Pipeline) pathTo(opts RunOptions) ([]string, error) {
	var path []string
	name := opts.To
	for name != "" {
		env, err := p.Project.Environment(name)
		if err == nil {
			err = p.mayEnter(env) // rather than after the tests
		}
		if err == nil && opts.NoReferrers {
			err = p.mayLeaveReferrers(env, nil)
		}
		if err != nil {
			return nil, err
		}
		path = append(path, name)
		name = env.After
	}
	slices.Reverse(path)
	return path, nil
}
