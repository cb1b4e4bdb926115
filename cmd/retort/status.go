package main

import (
	"context"
	"errors"
	"fmt"
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
the history since when and from which commit. BEHIND counts what has entered the
environment that comes before since this digest did; for the first environment,
the commits between it and HEAD, where the checkout has them.

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
		header, rows := statusTable(list, time.Now())
		_ = ui.Table(w, header, rows)
	}), err)
}

// statusTable is a row for each service and environment.
func statusTable(list []retort.Status, now time.Time) (header []string, rows [][]string) {
	header = []string{"SERVICE", "ENVIRONMENT", "DIGEST", "SINCE", "COMMIT", "BEHIND", "REFERENCE"}
	for _, st := range list {
		rows = append(rows, []string{
			st.Service, st.Environment, orDash(short(st.Digest)), age(st, now), orDash(commitOf(st.Commit)), behind(st.Behind), st.Ref,
		})
	}
	return header, rows
}

// age is how long the environment has had its digest.
func age(st retort.Status, now time.Time) string {
	switch {
	case st.Digest == "":
		return "-"
	case st.Unrecorded:
		return "not by retort"
	}
	return now.Sub(st.Since).Round(time.Second).String()
}

// behind says in a few words how far that is.
func behind(b *retort.Behind) string {
	switch {
	case b == nil:
		return "-"
	case b.Count == 0:
		return "0"
	case b.Of == "HEAD" && b.Count == 1:
		return "1 commit"
	case b.Of == "HEAD":
		return fmt.Sprintf("%d commits", b.Count)
	}
	return fmt.Sprintf("%d of %s", b.Count, b.Of)
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
