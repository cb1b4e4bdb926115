package main

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/retort"
	"github.com/retort-ci/retort/pkg/step/promote"
)

func rollbackCommand() *cli.Command {
	return &cli.Command{
		Name:      "rollback",
		Usage:     "let an environment run again what it ran before",
		ArgsUsage: "[SERVICE…] --in ENVIRONMENT",
		Description: `Goes back by the environment's history: to what was there before the last
promotion, of the services that entered together, or of those named. Twice goes
further back, --forward returns. Manifest and blobs are checked to be there
before any name moves; then all services move as one, and the files that the
environment's write names are brought up to date. Prints repository@digest, a line
per service.

Of the gates, freeze and signed-by are asked. --override REASON overrules either where
the environment says override: true: with it, what a withdrawn key signed comes back.

   retort rollback --in production
   retort rollback orders --in production --to sha256:4bdc1c64b2ad
   retort rollback --in production --to 2026-11-23T18:00:00Z

Exit codes: 0 rolled back, 2 nothing to go back to or a file cannot be written, 4 a gate
refused or someone else moved a tag meanwhile, 5 registry away or a gate could not be
asked.`,
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "in", Usage: "`ENVIRONMENT` to roll back", EnvVars: []string{"RETORT_IN"}},
			&cli.StringFlag{Name: "to", Usage: "`DIGEST`, time (RFC 3339, or 2h for two hours ago) or number of steps", EnvVars: []string{"RETORT_ROLLBACK_TO"}},
			&cli.BoolFlag{Name: "forward", Usage: "return from a rollback", EnvVars: []string{"RETORT_FORWARD"}},
			dryRunFlag(),
			overrideFlag(),
			keyFlag(),
		}, handoverFlags()...),
		Action: action(runRollback),
	}
}

func runRollback(ctx context.Context, s *session) error {
	if s.cli.String("in") == "" {
		return fault.New(fault.Usage, "retort rollback --in production", "which environment? --in ENVIRONMENT")
	}
	goal, err := goalOf(s.cli.String("to"), time.Now())
	if err != nil {
		return err
	}
	goal.Forward = s.cli.Bool("forward")
	if goal.Forward && (goal.Digest != "" || !goal.Time.IsZero()) {
		return fault.New(fault.Usage, "retort rollback --in production --forward", "--forward goes by steps, not to a digest or time")
	}
	override, err := s.override()
	if err != nil {
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
	result, err := p.Rollback(ctx, retort.RollbackOptions{
		Services: s.args(), In: s.cli.String("in"), Goal: goal, DryRun: s.cli.Bool("dry-run"), Override: override,
	})
	if err != nil {
		return err
	}
	if err := s.handOver(promoted(result)); err != nil {
		return err
	}
	err = s.result(promoteDoc(result), func(w *strings.Builder) {
		for _, m := range result.Moves {
			if entered(result, m) || s.cli.Bool("dry-run") {
				fmt.Fprintf(w, "%s@%s\n", m.Repository, m.Digest())
			}
		}
	})
	if err != nil {
		return err
	}
	return result.Err()
}

// goalOf reads --to: a number of steps, a time, or a digest.
func goalOf(text string, now time.Time) (promote.Goal, error) {
	if text == "" {
		return promote.Goal{}, nil
	}
	if steps, err := strconv.Atoi(text); err == nil && len(text) <= 3 && steps > 0 {
		return promote.Goal{Steps: steps}, nil
	}
	if regexp.MustCompile(`^(sha256:)?[0-9a-f]{7,64}$`).MatchString(text) {
		return promote.Goal{Digest: text}, nil
	}
	if ago, err := time.ParseDuration(text); err == nil && ago > 0 {
		return promote.Goal{Time: now.Add(-ago)}, nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04", "2006-01-02 15:04", time.DateOnly} {
		if at, err := time.ParseInLocation(layout, text, now.Location()); err == nil {
			return promote.Goal{Time: at}, nil
		}
	}
	return promote.Goal{}, fault.New(fault.Usage, "--to sha256:4bdc1c64b2ad, --to 2026-11-23T18:00:00Z, --to 2h, or --to 2",
		"--to %q is no digest, no time and no number of steps", text)
}
