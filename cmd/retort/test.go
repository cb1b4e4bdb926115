package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/mask"
	"github.com/retort-ci/retort/pkg/retort"
	"github.com/retort-ci/retort/pkg/step/test"
)

func testCommand() *cli.Command {
	return &cli.Command{
		Name:      "test",
		Usage:     "run suites in containers",
		ArgsUsage: "[SUITE…] | --image REFERENCE [-- COMMAND…]",
		Description: `Runs each suite's container, beside the services it depends on, to its exit
code. JUnit files go to .retort/reports, the output of every container to
.retort/logs. Prints a line per suite: its name and verdict. A suite that has
passed on these very images, and run in the same way, is not run again.

   retort test orders-unit
   retort test --shard 2/5          # this agent's part, when five share the tests
   retort test --image repo/app@sha256:… -- /app selftest
   retort test --image repo/app@sha256:… --structure checks.yaml

Exit codes: 0 all passed, 2 the project file is wrong or nothing was built, 3 a suite
failed or timed out, 5 engine or registry away.`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "shard", Usage: "run `INDEX/TOTAL`, this agent's part of the suites", EnvVars: []string{"RETORT_SHARD"}},
			&cli.BoolFlag{Name: "no-cache", Usage: "run every suite, whatever evidence there is", EnvVars: []string{"RETORT_TEST_NO_CACHE"}},
			allowBindFlag(),
			&cli.StringFlag{Name: "image", Usage: "test `REFERENCE` by a command, without a project", EnvVars: []string{"RETORT_TEST_IMAGE"}},
			&cli.StringFlag{Name: "structure", Usage: "check what --image is made of by `FILE`, in container-structure-test's format", EnvVars: []string{"RETORT_STRUCTURE"}},
			&cli.StringSliceFlag{Name: "reports", Usage: "`GLOB` of JUnit files in the container, or stdout:gotest, for --image", EnvVars: []string{"RETORT_REPORTS"}},
			&cli.DurationFlag{Name: "timeout", Usage: "`DURATION` that --image may take", Value: 10 * time.Minute, EnvVars: []string{"RETORT_TIMEOUT"}},
			junitDecidesFlag(),
			keyFlag(),
			parallelFlag("suites"),
		},
		Action: onEngine(runTest),
	}
}

func runTest(ctx context.Context, s *session) error {
	result, err := runSuites(ctx, s)
	if err != nil && !slices.ContainsFunc(result.Suites, judged) {
		return err
	}
	// What was found out is told also when some suites came to no verdict.
	told := errors.Join(s.handOver(tested(result)), s.result(testDoc(result), func(w *strings.Builder) {
		for _, o := range result.Suites {
			if judged(o) {
				fmt.Fprintf(w, "%s %s\n", o.Suite, o.Verdict)
			}
		}
	}))
	stderr := mask.NewWriter(s.cli.App.ErrWriter, s.secrets)
	testSummary(stderr, result)
	if err := errors.Join(err, told, stderr.Close()); err != nil {
		return err
	}
	return decided(s, result)
}

// judged is true for a suite that has come to a verdict.
func judged(o test.Outcome) bool { return o.Verdict != "" }

func runSuites(ctx context.Context, s *session) (retort.TestResult, error) {
	if s.cli.String("structure") != "" || s.cli.String("image") != "" {
		for _, name := range []string{"shard", "no-cache", "allow-bind"} {
			if s.cli.IsSet(name) {
				return retort.TestResult{}, fault.New(fault.Usage, "retort test --help", "--%s is for the suites of a project, not for --image", name)
			}
		}
	}
	if s.cli.String("structure") != "" {
		return checkImage(ctx, s)
	}
	if s.cli.String("image") != "" {
		p := retort.OpenPlain(s.options())
		defer func() { _ = p.Close() }()
		return p.TestImage(ctx, retort.TestImageOptions{
			Image: s.cli.String("image"), Command: s.args(),
			Reports: s.cli.StringSlice("reports"), Timeout: s.cli.Duration("timeout"),
		})
	}
	shard, err := shardOf(s.cli.String("shard"))
	if err != nil {
		return retort.TestResult{}, err
	}
	for _, name := range []string{"reports", "timeout"} {
		if s.cli.IsSet(name) {
			return retort.TestResult{}, fault.New(fault.Usage, "x-retort: { "+name+": … } on the suite in compose.yaml",
				"--%s goes with --image; a suite has it in the project file", name)
		}
	}
	if slices.Contains(s.args(), "--") {
		return retort.TestResult{}, fault.New(fault.Usage, "retort test --image REFERENCE -- COMMAND, or command: … on the suite in compose.yaml",
			"a command behind -- goes with --image; a suite has it in the project file")
	}
	opts, err := s.signing()
	if err != nil {
		return retort.TestResult{}, err
	}
	p, done, err := s.project(ctx, opts)
	if err != nil {
		return retort.TestResult{}, err
	}
	defer done()
	return p.Test(ctx, retort.TestOptions{
		Suites: s.args(), Parallel: s.cli.Int("parallel"), Shard: shard,
		NoCache: s.cli.Bool("no-cache"), AllowBind: s.cli.Bool("allow-bind"),
	})
}

// shardOf reads INDEX/TOTAL.
func shardOf(text string) (retort.Shard, error) {
	if text == "" {
		return retort.Shard{}, nil
	}
	index, total, _ := strings.Cut(text, "/")
	i, indexErr := strconv.Atoi(index)
	n, totalErr := strconv.Atoi(total)
	if indexErr != nil || totalErr != nil || i < 1 || i > n {
		return retort.Shard{}, fault.New(fault.Usage, "the parts of five agents are 1/5 to 5/5", "--shard %q is not written like 2/5", text)
	}
	return retort.Shard{Index: i, Total: n}, nil
}
