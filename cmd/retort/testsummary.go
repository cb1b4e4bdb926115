package main

import (
	"fmt"
	"io"
	"time"

	"github.com/retort-ci/retort/cmd/retort/ui"
	"github.com/retort-ci/retort/pkg/report"
	"github.com/retort-ci/retort/pkg/retort"
	"github.com/retort-ci/retort/pkg/step/test"
)

// slowest is how many of the slowest cases a summary names.
const slowest = 5

// testSummary sums up what the suites' reports say: numbers, what failed and
// why, what was flaky, what took long.
func testSummary(w io.Writer, r retort.TestResult) {
	var all report.Report
	var rows [][]string
	for _, o := range r.Suites {
		c := o.Cases.Counts()
		all.Suites = append(all.Suites, o.Cases.Suites...)
		rows = append(rows, []string{
			o.Suite, verdictText(r, o), fmt.Sprint(c.Tests), fmt.Sprint(c.Bad()), fmt.Sprint(c.Skipped),
			o.Elapsed.Round(100 * time.Millisecond).String(),
		})
	}
	s := all.Summary(slowest)
	if s.Tests == 0 {
		return
	}
	_, _ = fmt.Fprintln(w)
	_ = ui.Table(w, []string{"SUITE", "VERDICT", "CASES", "FAILED", "SKIPPED", "TIME"}, rows)
	list(w, "failed", s.Failed, func(c report.Row) string { return c.Headline() })
	list(w, "flaky", s.Flaky, func(report.Row) string { return "passed on retry" })
	list(w, "slowest", s.Slowest, func(c report.Row) string { return c.Time.Round(time.Millisecond).String() })
}

// verdictText is the verdict, and how old it is where none was needed anew.
func verdictText(r retort.TestResult, o test.Outcome) string {
	if age, cached := r.Cached[o.Suite]; cached {
		return fmt.Sprintf("%s, cached %s", o.Verdict, age.Round(time.Second))
	}
	return string(o.Verdict)
}

func list(w io.Writer, title string, cases []report.Row, remark func(report.Row) string) {
	for _, c := range cases {
		name := c.Title()
		if name != c.Suite { // of a suite that wrote no report, they are the same
			name = c.Suite + " " + name
		}
		_, _ = fmt.Fprintln(w, ui.Inert(fmt.Sprintf("%-8s %s: %s", title, name, remark(c))))
	}
}
