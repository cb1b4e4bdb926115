package test_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/step/test"
)

// An empty file is no report, and a suite that failed without a case that did has
// one all the same: whoever reads the reports alone must not take it for good.
func TestReportsSayWhatTheVerdictSays(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	empty := b.suite("empty", "write", "/reports/e.xml", "")
	empty.Reports, empty.ReportsRequired = []string{"/reports/*.xml"}, true
	rosy := b.suite("rosy", "write", "/reports/a.xml", junitGood, ";", "exit", "9")
	rosy.Reports = empty.Reports
	got := b.outcomes(t, empty, rosy)
	if got[0].Verdict != test.Failed || !strings.Contains(got[0].Reason, "no report") || got[0].Cases.Counts().Failed != 1 {
		t.Errorf("empty: %s, counts %+v", got[0].Summary(), got[0].Cases.Counts())
	}
	if c := got[1].Cases.Counts(); c.Tests != 2 || c.Failed != 1 || len(got[1].Reports) != 2 {
		t.Errorf("rosy: counts %+v, reports %q", c, got[1].Reports)
	}
	if report := files(t, b.opts.Reports)["rosy/retort.xml"]; !strings.Contains(report, "exit code 9") {
		t.Errorf("the container's report is %q", report)
	}
}

// A symbolic link in the image leads to the reports, within the container.
func TestReportsBehindALink(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.suite("unit", "write", "/out/deep/a.xml", junitGood, ";", "symlink", "/out/deep", "/reports", ";", "symlink", "../reports", "/etc/again")
	s.Reports = []string{"/etc/again/*.xml"}
	got := b.outcome(t, s)
	if want := []string{"unit/a.xml"}; got.Cases.Counts().Tests != 1 || !slices.Equal(keys(files(t, b.opts.Reports)), want) {
		t.Errorf("reports are %q, want %q", keys(files(t, b.opts.Reports)), want)
	}
	loop := b.suite("loop", "symlink", "/b", "/a", ";", "symlink", "/a", "/b")
	loop.Reports = []string{"/a/*.xml"}
	if got := b.outcome(t, loop); got.Verdict != test.Passed {
		t.Errorf("a loop of links: %s", got.Summary())
	}
}

// A last line without its end is a last line.
func TestUnfinishedLastLine(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	got := b.outcome(t, b.suite("unit", "write", "/m", "no newline", ";", "cat", "/m", ";", "exit", "1"))
	if !slices.Equal(got.Tail, []string{"no newline"}) {
		t.Errorf("last lines are %q", got.Tail)
	}
}
