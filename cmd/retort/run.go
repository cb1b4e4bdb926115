package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/retort-ci/retort/pkg/mask"
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

The build of a fork's pull request pushes nothing, and that of any is promoted to
no environment that does not ask for it.

Exit codes: as of the stage that failed: 2, 3 tests, 4 gates, 5.`,
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "to", Usage: "promote up to `ENVIRONMENT`", EnvVars: []string{"RETORT_TO"}},
			tagFlag(),
			forceTagFlag(),
			fromForksFlag(),
			noReferrersFlag(),
			compressionFlag(),
			allowBindFlag(),
			keyFlag(),
			parallelFlag("images or suites"),
		}, handoverFlags()...),
		Action: onEngine(runRun),
	}
}

func runRun(ctx context.Context, s *session) error {
	if err := noArgs(s.cli); err != nil {
		return err
	}
	opts, err := s.signing()
	if err != nil {
		return err
	}
	p, done, err := s.project(ctx, opts)
	if err != nil {
		return err
	}
	defer done()
	result, runErr := p.Run(ctx, retort.RunOptions{
		To: s.cli.String("to"), Tags: s.cli.StringSlice("tag"), Parallel: s.cli.Int("parallel"),
		AllowBind: s.cli.Bool("allow-bind"), ForceTag: s.cli.Bool("force-tag"), FromForks: s.cli.Bool("from-forks"),
		NoReferrers: s.cli.Bool("no-referrers"),
	})
	handErr := s.handOver(ran(result))
	_ = s.ui.Close()
	if runErr == nil && result.Push.Skipped == "" {
		summary(s.cli.App.ErrWriter, result)
	}
	if result.Test.Err() != nil { // what failed in them, as test says it
		stderr := mask.NewWriter(s.cli.App.ErrWriter, s.secrets)
		testSummary(stderr, result.Test)
		handErr = errors.Join(handErr, stderr.Close())
	}
	// What was reached is told also when a later stage failed: as a document,
	// since lines on stdout mean that all went well.
	return errors.Join(runErr, handErr, s.result(runDoc(result), func(w *strings.Builder) {
		for _, img := range result.Push.Images {
			if runErr == nil {
				fmt.Fprintln(w, img.Ref())
			}
		}
	}))
}
