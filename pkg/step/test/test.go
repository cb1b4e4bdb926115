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
	"github.com/retort-ci/retort/pkg/mask"
	"github.com/retort-ci/retort/pkg/progress"
	"github.com/retort-ci/retort/pkg/report"
)

// DefaultParallel is how many suites run at once unless Options say.
const DefaultParallel = 4

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
	Secrets  *mask.Set // in nothing that is shown, kept or told; nil: there are none
	Progress progress.Sink
}

// Suite is one container to run to its exit code.
type Suite struct {
	Name      string
	Container engine.ContainerSpec // Name, Labels, Network, Stdout, Stderr are set by the step
	DependsOn []Dependency
	Services  []Service // every service the dependencies lead to
	// Volumes are named by the Mounts of suite and services. Each run has its own,
	// empty at first.
	Volumes []string
	Timeout time.Duration // of its services, and again of its container; 0: none
	Retries int           // how often it is run again after it failed
	Shards  []Shard       // the parts it is run in, side by side; none: as a whole

	Reports         []string // globs of JUnit files, absolute in the container
	GoTest          bool     // stdout is the output of go test -json, and a report too
	ReportsRequired bool     // without any report it fails
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
	Optional  bool // it is gone on without, where it does not reach the condition
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

// The verdicts. Passed and Flaky let a digest pass.
const (
	Passed   Verdict = "passed"
	Flaky    Verdict = "flaky" // passed when it was run again
	Failed   Verdict = "failed"
	TimedOut Verdict = "timed out"
)

// Good is true for the verdicts that let a digest pass.
func (v Verdict) Good() bool { return v == Passed || v == Flaky }

// Outcome is the result of one suite.
type Outcome struct {
	Suite    string
	Verdict  Verdict
	ExitCode int           // of its container, where it ran to an end
	Reason   string        // why it failed, or what was found out besides
	Attempts int           // how often it was run
	Reports  []string      // files written, absolute
	Cases    report.Report // what those say; one case for the container where it wrote none
	Tail     []string      // last lines of the container that matters
	Started  time.Time
	Elapsed  time.Duration

	hopeless bool // to run it again would change nothing
}

// Result holds an outcome per suite, in the order of Options.Suites.
type Result struct {
	Suites []Outcome
}

// Passed is true when every suite passed.
func (r Result) Passed() bool {
	for _, s := range r.Suites {
		if !s.Verdict.Good() {
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
	parts := make([][]part, len(opts.Suites))
	for i, s := range opts.Suites {
		if err := clearFiles(opts, s); err != nil {
			return result, err
		}
		parts[i] = partsOf(s)
	}
	outcomes, err := runParts(ctx, eng, opts, parts)
	for i, s := range opts.Suites {
		result.Suites[i] = joinShards(s.Name, outcomes[i])
	}
	return result, err
}

// runParts gives an outcome for each part, in the same order.
func runParts(ctx context.Context, eng engine.Runner, opts Options, parts [][]part) ([][]Outcome, error) {
	outcomes := make([][]Outcome, len(parts))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(cmp.Or(max(opts.Parallel, 0), DefaultParallel))
	for i := range parts {
		outcomes[i] = make([]Outcome, len(parts[i]))
	}
	for i := range parts {
		for k, p := range parts[i] {
			g.Go(protected(func() (err error) {
				outcomes[i][k], err = runPart(ctx, eng, opts, p)
				return err
			}))
		}
	}
	return outcomes, g.Wait()
}
