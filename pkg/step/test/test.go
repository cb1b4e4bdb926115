// Package test is the step that runs suites: containers whose exit code is a
// verdict, beside the services they need. Whatever happens, no container and
// no network of the step outlives it.
package test

import (
	"cmp"
	"context"
	"crypto/rand"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/progress"
	"github.com/retort-ci/retort/pkg/report"
)

// DefaultParallel is how many suites run at once unless Options say.
const DefaultParallel = 2

// Options say what to run and where its files go.
type Options struct {
	Suites   []Suite
	Parallel int // suites at once; DefaultParallel when 0
	// Reports is the directory for JUnit files, one directory per suite below
	// it. Empty: none are kept.
	Reports string
	// Logs is the directory for the containers' output, one directory per suite
	// and one file per container below it. Empty: none are kept.
	Logs string
	// Prefix begins the names of containers and networks: two runs on one engine
	// need two of them. A random one when empty.
	Prefix string
	// Labels mark containers and networks with their owner.
	Labels   map[string]string
	Progress progress.Sink
}

// Suite is one container to run to its exit code.
type Suite struct {
	Name      string
	Container engine.ContainerSpec // Name, Labels, Network, Stdout, Stderr are set by the step
	DependsOn []Dependency
	Services  []Service     // every service the dependencies lead to
	Reports   []string      // globs of JUnit files, absolute in the container
	Timeout   time.Duration // of the suite's container; 0: none
}

// Service is a container that runs beside a suite.
type Service struct {
	Name      string
	Container engine.ContainerSpec
	DependsOn []Dependency
	Health    *Health // nil: it has no health check
}

// Dependency is a service that must have reached a condition first.
type Dependency struct {
	Service   string
	Condition Condition
}

// Condition is what a dependency must have reached.
type Condition int

// The conditions, as Compose defines them.
const (
	Started   Condition = iota // it runs
	Healthy                    // its probe succeeded
	Completed                  // it ended with exit code 0
)

// Verdict is how a suite ended.
type Verdict string

// The verdicts. Only Passed lets a digest pass.
const (
	Passed   Verdict = "passed"
	Failed   Verdict = "failed"
	TimedOut Verdict = "timed out"
)

// Outcome is the result of one suite.
type Outcome struct {
	Suite    string
	Verdict  Verdict
	ExitCode int           // of its container, where it ran to an end
	Reason   string        // why it failed, when it was not by its exit code
	Reports  []string      // files written, absolute
	Cases    report.Report // what those say
	Tail     []string      // last lines of the container that matters
	Started  time.Time
	Elapsed  time.Duration
}

// Result holds an outcome per suite, in the order of Options.Suites.
type Result struct {
	Suites []Outcome
}

// Passed is true when every suite passed.
func (r Result) Passed() bool {
	for _, s := range r.Suites {
		if s.Verdict != Passed {
			return false
		}
	}
	return true
}

// Run runs the suites, several at a time. A suite that fails is a result and
// lets the others go on; an error says that no verdict could be had: the engine
// went away, or ctx ended.
func Run(ctx context.Context, eng engine.Runner, opts Options) (Result, error) {
	if opts.Prefix == "" {
		opts.Prefix = "retort-" + strings.ToLower(rand.Text()[:8])
	}
	result := Result{Suites: make([]Outcome, len(opts.Suites))}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(cmp.Or(max(opts.Parallel, 0), DefaultParallel))
	for i, s := range opts.Suites {
		g.Go(func() (err error) {
			result.Suites[i], err = runSuite(ctx, eng, opts, s)
			return err
		})
	}
	return result, g.Wait()
}
