package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/mask"
	"github.com/retort-ci/retort/pkg/retort"
)

func testCommand() *cli.Command {
	return &cli.Command{
		Name:      "test",
		Usage:     "run suites in containers",
		ArgsUsage: "[SUITE…] | --image REFERENCE [-- COMMAND…]",
		Description: `Runs each suite's container, beside the services it depends on, to its exit
code. JUnit files go to .retort/reports, the output of every container to
.retort/logs. Prints a line per suite: its name and verdict.

   retort test orders-unit
   retort test --image repo/app@sha256:… -- /app selftest
   retort test --image repo/app@sha256:… --structure checks.yaml

Exit codes: 0 all passed, 2 the project file is wrong or nothing was built, 3 a suite
failed or timed out, 5 engine or registry away.`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "image", Usage: "test `REFERENCE` by a command, without a project", EnvVars: []string{"RETORT_TEST_IMAGE"}},
			&cli.StringFlag{Name: "structure", Usage: "check what --image is made of by `FILE`, in container-structure-test's format", EnvVars: []string{"RETORT_STRUCTURE"}},
			&cli.StringSliceFlag{Name: "reports", Usage: "`GLOB` of JUnit files in the container, for --image", EnvVars: []string{"RETORT_REPORTS"}},
			&cli.DurationFlag{Name: "timeout", Usage: "`DURATION` that --image may take", Value: 10 * time.Minute, EnvVars: []string{"RETORT_TIMEOUT"}},
			parallelFlag("suites"),
		},
		Action: action(runTest),
	}
}

func runTest(ctx context.Context, s *session) error {
	result, err := runSuites(ctx, s)
	if err != nil {
		return err
	}
	err = s.result(testDoc(result), func(w *strings.Builder) {
		for _, o := range result.Suites {
			fmt.Fprintf(w, "%s %s\n", o.Suite, o.Verdict)
		}
	})
	if err != nil {
		return err
	}
	stderr := mask.NewWriter(s.cli.App.ErrWriter, s.secrets)
	testSummary(stderr, result)
	if err := stderr.Close(); err != nil {
		return err
	}
	return result.Err()
}

func runSuites(ctx context.Context, s *session) (retort.TestResult, error) {
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
	p, done, err := s.project(ctx, s.options())
	if err != nil {
		return retort.TestResult{}, err
	}
	defer done()
	return p.Test(ctx, retort.TestOptions{Suites: s.args(), Parallel: s.cli.Int("parallel")})
}
