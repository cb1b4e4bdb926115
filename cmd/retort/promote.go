package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/retort-ci/retort/cmd/retort/ui"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/retort"
	"github.com/retort-ci/retort/pkg/step/promote"
)

func promoteCommand() *cli.Command {
	return &cli.Command{
		Name:      "promote",
		Usage:     "let tested digests enter an environment",
		ArgsUsage: "[SERVICE…] --to ENVIRONMENT | REPOSITORY@DIGEST --to REFERENCE",
		Description: `Asks the environment's gates about each service's digest of this commit; when
none refuses, copies the digests and what refers to them (evidence, signatures,
SBOMs; not with --no-referrers), points the environment's tags at them and appends
to its history. Does nothing where they are already. Prints repository@digest as
the environment has it, a line per service. Then brings the files up to date that
the environment's write names. The build of a pull request enters none that does
not say from-pull-requests: true.

Gates are the environment's requires, signed-by, after and soak, branches and tags,
freeze, and exec. All are asked, and all refusals told. --override REASON overrules them
where the environment says override: true; a gate that could not be asked, it
does not. With a key it is signed that the digests are there, as after asks for in an
environment that has signed-by.

   retort promote --to staging
   retort promote --to production --override "fix of the outage, TICKET-7"
   retort promote repo/app@sha256:… --to prod/app:live

Exit codes: 0 promoted or there already, 2 nothing was pushed, a name is wrong or a
file cannot be written, 4 a gate refused, someone else moved the tag meanwhile or this
is a pull request, 5 registry away or a gate could not be asked.`,
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "to", Usage: "`ENVIRONMENT`, or the reference for a plain digest", EnvVars: []string{"RETORT_TO"}},
			dryRunFlag(),
			overrideFlag(),
			noReferrersFlag(),
			keyFlag(),
		}, handoverFlags()...),
		Action: action(runPromote),
	}
}

func runPromote(ctx context.Context, s *session) error {
	result, err := promoteTo(ctx, s)
	if err != nil {
		return err
	}
	dryRun := s.cli.Bool("dry-run")
	if err := s.handOver(promoted(result)); err != nil {
		return err
	}
	err = s.result(promoteDoc(result), func(w *strings.Builder) {
		if dryRun {
			plan(w, result)
			return
		}
		for _, m := range result.Moves {
			if entered(result, m) {
				fmt.Fprintln(w, m.Repository+"@"+m.Digest())
			}
		}
	})
	if err != nil {
		return err
	}
	return result.Err()
}

func promoteTo(ctx context.Context, s *session) (retort.PromoteResult, error) {
	to, args := s.cli.String("to"), s.args()
	if to == "" {
		return retort.PromoteResult{}, fault.New(fault.Usage, "retort promote --to staging", "which environment? --to is missing")
	}
	override, err := s.override()
	if err != nil {
		return retort.PromoteResult{}, err
	}
	opts, err := s.signing()
	if err != nil {
		return retort.PromoteResult{}, err
	}
	if len(args) == 1 && strings.ContainsAny(args[0], "@/:") { // no service's name has one of them
		if override != "" {
			return retort.PromoteResult{}, fault.New(fault.Usage, "leave --override out", "a plain digest passes no gates, and there is none to overrule")
		}
		p := retort.OpenPlain(opts)
		defer func() { _ = p.Close() }()
		return p.PromoteImage(ctx, retort.PromoteImageOptions{
			From: args[0], To: to, DryRun: s.cli.Bool("dry-run"), NoReferrers: s.cli.Bool("no-referrers"),
		})
	}
	p, done, err := s.project(ctx, opts)
	if err != nil {
		return retort.PromoteResult{}, err
	}
	defer done()
	return p.Promote(ctx, retort.PromoteOptions{
		Services: args, To: to, Override: override,
		DryRun: s.cli.Bool("dry-run"), NoReferrers: s.cli.Bool("no-referrers"),
	})
}

// entered says whether the environment has the digest, and no gate refuses it.
func entered(r retort.PromoteResult, m promote.Move) bool {
	return (m.Moved || m.Existed) && r.Err() == nil
}

// refusedBy names the gates that refuse a move, and why; nothing where all allow.
func refusedBy(r retort.PromoteResult, m promote.Move) string {
	word := "refused by "
	if r.Override != "" {
		word = "overruled: "
	}
	var refusals []string
	for _, v := range m.Verdicts {
		if !v.Allowed {
			refusals = append(refusals, word+v.Gate+": "+v.Reason)
		}
	}
	return strings.Join(refusals, "; ")
}

// plan is what a dry run prints.
func plan(w io.Writer, r retort.PromoteResult) {
	rows := make([][]string, 0, len(r.Moves))
	for _, m := range r.Moves {
		outcome := "would enter"
		if m.Existed {
			outcome = "is there already"
		}
		rows = append(rows, []string{m.Service, m.From, m.To(), cmp.Or(refusedBy(r, m), outcome)})
	}
	_ = ui.Table(w, []string{"SERVICE", "FROM", "TO", "VERDICT"}, rows)
}
