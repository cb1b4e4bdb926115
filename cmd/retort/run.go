package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/retort-ci/retort/pkg/retort"
)

func runCommand() *cli.Command {
	return &cli.Command{
		Name:  "run",
		Usage: "every stage in order: the pipeline on a laptop",
		Description: `Builds, tests, pushes, and with --to promotes through every environment on the
way. Stops at the first stage that fails. Prints repository@digest, a line per
service, and a summary on stderr.

   retort run --to production

Exit codes: as of the stage that failed: 2, 3 tests, 4 gates, 5.`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "to", Usage: "promote up to `ENVIRONMENT`", EnvVars: []string{"RETORT_TO"}},
			&cli.StringSliceFlag{Name: "tag", Usage: "one more `TAG`", EnvVars: []string{"RETORT_TAG"}},
			parallelFlag("images or suites"),
		},
		Action: action(runRun),
	}
}

func runRun(ctx context.Context, s *session) error {
	if err := noArgs(s.cli); err != nil {
		return err
	}
	p, done, err := s.project(ctx, s.options())
	if err != nil {
		return err
	}
	defer done()
	result, runErr := p.Run(ctx, retort.RunOptions{
		To: s.cli.String("to"), Tags: s.cli.StringSlice("tag"), Parallel: s.cli.Int("parallel"),
	})
	_ = s.ui.Close()
	if runErr == nil {
		summary(s.cli.App.ErrWriter, result)
	}
	// What was reached is told also when a later stage failed: as a document,
	// since lines on stdout mean that all went well.
	return errors.Join(runErr, s.result(runDoc(result), func(w *strings.Builder) {
		for _, img := range result.Push.Images {
			if runErr == nil {
				fmt.Fprintln(w, img.Ref())
			}
		}
	}))
}
