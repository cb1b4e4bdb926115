package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/retort-ci/retort/cmd/retort/ui"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/registry"
)

func historyCommand() *cli.Command {
	return &cli.Command{
		Name:      "history",
		Usage:     "show what entered an environment, newest first",
		ArgsUsage: "ENVIRONMENT [SERVICE…]",
		Description: `Reads the records that promotions and rollbacks left in the registry. With
--output json each also has what every gate said.

   retort history production orders

Exit codes: 0 shown, 2 unknown environment or service, 5 registry away.`,
		Flags: []cli.Flag{
			&cli.IntFlag{Name: "n", Usage: "`N` records at most", Value: 20, EnvVars: []string{"RETORT_N"}},
		},
		Action: action(runHistory),
	}
}

func runHistory(ctx context.Context, s *session) error {
	if len(s.args()) == 0 {
		return fault.New(fault.Usage, "retort history production", "which environment?")
	}
	p, done, err := s.project(ctx, s.options())
	if err != nil {
		return err
	}
	defer done()
	records, err := p.History(ctx, s.args()[0], s.cli.Int("n"), s.args()[1:]...)
	// Records that can be read are shown, also when others cannot.
	return errors.Join(s.result(records, func(w *strings.Builder) {
		header, rows := historyTable(records)
		_ = ui.Table(w, header, rows)
	}), err)
}

// historyTable is a row for each record. Overruled gates are rare, and have a
// column only where there were some.
func historyTable(records []registry.Record) (header []string, rows [][]string) {
	header = []string{"TIME", "SERVICE", "DIGEST", "ACTION", "BEFORE", "COMMIT", "BY"}
	overruled := slices.ContainsFunc(records, func(r registry.Record) bool { return r.Override != "" })
	if overruled {
		header = append(header, "OVERRIDE")
	}
	rows = make([][]string, len(records))
	for i, r := range records {
		rows[i] = []string{r.Time.Local().Format(time.DateTime), r.Service, short(r.Digest), string(r.Action), short(r.Previous), commitOf(r.Commit), r.Actor}
		if overruled {
			rows[i] = append(rows[i], orDash(r.Override))
		}
	}
	return header, rows
}

// short is a digest as people compare them: its first twelve digits.
func short(digest string) string {
	const prefix, digits = len("sha256:"), 12
	if len(digest) < prefix+digits {
		return digest
	}
	return digest[:prefix+digits]
}

func commitOf(commit string) string { return fmt.Sprintf("%.8s", commit) }
