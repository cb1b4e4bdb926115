package main

import (
	"testing"

	"github.com/retort-ci/retort/pkg/report"
	"github.com/retort-ci/retort/pkg/retort"
	"github.com/retort-ci/retort/pkg/step/test"
)

// What a reader of the reports would take for passed is not left to it.
func TestReported(t *testing.T) {
	bad := report.Report{Suites: []report.Suite{{Cases: []report.Case{{Name: "adds", Status: report.Failed}}}}}
	good := report.Report{Suites: []report.Suite{{Cases: []report.Case{{Name: "adds", Status: report.Passed}}}}}
	files := []string{"unit.xml"}
	for name, c := range map[string]struct {
		outcome test.Outcome
		want    bool
	}{
		"passed":               {test.Outcome{Verdict: test.Passed}, true},
		"a failed case":        {test.Outcome{Verdict: test.Failed, Cases: bad, Reports: files}, true},
		"no report":            {test.Outcome{Verdict: test.Failed}, false},
		"no file":              {test.Outcome{Verdict: test.Failed, Cases: bad}, false},
		"all cases passed":     {test.Outcome{Verdict: test.Failed, Cases: good, Reports: files}, false},
		"timed out in silence": {test.Outcome{Verdict: test.TimedOut, Cases: good, Reports: files}, false},
	} {
		passed := test.Outcome{Suite: "other", Verdict: test.Passed}
		r := retort.TestResult{Result: test.Result{Suites: []test.Outcome{passed, c.outcome}}}
		if got := reported(r); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}
