package main

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/retort-ci/retort/cmd/retort/ui"
	"github.com/retort-ci/retort/pkg/retort"
)

func statusCommand() *cli.Command {
	return &cli.Command{
		Name:  "status",
		Usage: "show what each environment runs",
		Description: `Asks the registry what every environment's tag of every service names now, and
the history since when and from which commit.

   retort status --output json

Exit codes: 0 shown, 2 the project file is wrong, 5 registry away.`,
		Action: action(runStatus),
	}
}

func runStatus(ctx context.Context, s *session) error {
	if err := noArgs(s.cli); err != nil {
		return err
	}
	p, done, err := s.project(ctx, s.options())
	if err != nil {
		return err
	}
	defer done()
	list, err := p.Status(ctx)
	return errors.Join(s.result(list, func(w *strings.Builder) {
		rows := make([][]string, len(list))
		for i, st := range list {
			rows[i] = []string{st.Service, st.Environment, orDash(short(st.Digest)), age(st), orDash(commitOf(st.Commit)), st.Ref}
		}
		_ = ui.Table(w, []string{"SERVICE", "ENVIRONMENT", "DIGEST", "SINCE", "COMMIT", "REFERENCE"}, rows)
	}), err)
}

// age is how long the environment has had its digest.
func age(st retort.Status) string {
	switch {
	case st.Digest == "":
		return "-"
	case st.Unrecorded:
		return "not by retort"
	}
	return time.Since(st.Since).Round(time.Second).String()
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
