package report_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/report"
)

// attempt makes a report of cases such as "a+ b- c! d?": passed, failed,
// errored, skipped. Its number is in the messages.
func attempt(n int, cases string) report.Report {
	s := report.Suite{Name: "s", Time: time.Second, SystemOut: fmt.Sprint("run ", n)}
	status := map[string]report.Status{"+": report.Passed, "-": report.Failed, "!": report.Errored, "?": report.Skipped}
	for word := range strings.FieldsSeq(cases) {
		c := report.Case{Name: word[:1], Class: "c", Time: time.Duration(n), Status: status[word[1:]]}
		if c.Status != report.Passed {
			c.Message = fmt.Sprint(n)
		}
		s.Cases = append(s.Cases, c)
	}
	return report.Report{Suites: []report.Suite{s}}
}

// brief writes the cases of a merged report in the same way, with the messages
// of the attempts: "a+ flaky 1,2" or "b-1 rerun 2".
func brief(r report.Report) string {
	var out []string
	for row := range r.Rows() {
		s := row.Name + map[report.Status]string{report.Passed: "+", report.Failed: "-", report.Errored: "!", report.Skipped: "?"}[row.Status] + row.Message
		out = append(out, s+failures(" flaky ", row.Case.Flaky)+failures(" rerun ", row.Rerun))
	}
	return strings.Join(out, "; ")
}

func failures(kind string, failures []report.Failure) string {
	var messages []string
	for _, f := range failures {
		messages = append(messages, map[bool]string{true: "!", false: ""}[f.Error]+f.Message)
	}
	if len(messages) == 0 {
		return ""
	}
	return kind + strings.Join(messages, ",")
}

func TestMerge(t *testing.T) {
	for _, tt := range []struct {
		name     string
		attempts []string
		want     string
	}{
		{"one attempt", []string{"a+ b- c! d?"}, "a+; b-1; c!1; d?1"},
		{"passed in the end", []string{"a+ b-", "a+ b-", "a+ b+"}, "a+; b+ flaky 1,2"},
		{"error, then failure, then passed", []string{"a!", "a-", "a+"}, "a+ flaky !1,2"},
		{"never passed", []string{"a+ b-", "a+ b!", "a+ b-"}, "a+; b-1 rerun !2,3"},
		{"error first", []string{"a!", "a-"}, "a!1 rerun 2"},
		{"the last attempt decides", []string{"a+ b-", "a- b+"}, "a-2; b+ flaky 1"},
		{"passed between", []string{"a- b-", "a+ b-", "a- b-"}, "a-1 rerun 3; b-1 rerun 2,3"},
		{"only what failed is repeated", []string{"a+ b- c-", "b+ c-", "c-"}, "a+; b+ flaky 1; c-1 rerun 2,3"},
		{"what passed is skipped then", []string{"a+ b-", "a? b-"}, "a+; b-1 rerun 2"},
		{"skipped always", []string{"a? b+", "a? b+"}, "a?2; b+"},
		{"skipped at first", []string{"a? b-", "a- b-"}, "a-2; b-1 rerun 2"},
		{"a new case", []string{"a-", "a+ b+"}, "a+ flaky 1; b+"},
		{"a new case fails", []string{"a+", "a+ b-"}, "a+; b-2"},
		{"what the first alone knew, passed then", []string{"x!", "a+ b+"}, "x+ flaky !1; a+; b+"},
		{"what the first alone knew, failed again", []string{"x!", "a+ b-"}, "x!1; a+; b-2"},
		{"nothing in the last", []string{"a-", ""}, "a-1"},
		{"all skipped in the last", []string{"a-", "a?"}, "a-1"},
		{"twice the same name", []string{"a- a+", "a+ a+"}, "a+ flaky 1; a+"},
		{"twice the same name, both fail", []string{"a- a-", "a+ a-"}, "a+ flaky 1; a-1 rerun 2"},
		{"twice the same name, one repeated", []string{"a+ a- b-", "a+ b-"}, "a+; a+ flaky 1; b-1 rerun 2"},
		{"twice the same name only in the rerun", []string{"a- b-", "a+ a- b-"}, "a+ flaky 1; b-1 rerun 2; a-2"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var all []report.Report
			for i, cases := range tt.attempts {
				all = append(all, attempt(i+1, cases))
			}
			got := report.Merge(all[0], all[1:]...)
			if brief(got) != tt.want {
				t.Errorf("got  %s\nwant %s", brief(got), tt.want)
			}
			if s := got.Suites[0]; len(got.Suites) != 1 || s.Time != time.Duration(len(all))*time.Second || s.SystemOut != fmt.Sprint("run ", len(all)) {
				t.Errorf("got suites %+v", got.Suites)
			}
		})
	}
}

// What failed leaves all that it told.
func TestMergeKeepsEvidence(t *testing.T) {
	failed := report.Case{
		Name: "a", Class: "c", File: "f", Time: time.Second, Status: report.Errored,
		Message: "m", Type: "t", Text: "trace", SystemOut: "out", SystemErr: "err",
	}
	passed := report.Case{Name: "a", Class: "c", File: "f", Time: time.Minute, SystemOut: "fine"}
	in := func(c report.Case) report.Report {
		return report.Report{Suites: []report.Suite{{Name: "s", Cases: []report.Case{c}}}}
	}
	got := report.Merge(in(failed), in(passed)).Suites[0].Cases[0]
	want := passed
	want.Flaky = []report.Failure{{Error: true, Message: "m", Type: "t", Text: "trace", SystemOut: "out", SystemErr: "err"}}
	if !equal(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
}

// A test runner may repeat cases itself, inside of every attempt.
func TestMergeRunnersOwnReruns(t *testing.T) {
	first := attempt(1, "a-")
	first.Suites[0].Cases[0].Rerun = []report.Failure{{Message: "1b"}}
	flaky := attempt(2, "a+")
	flaky.Suites[0].Cases[0].Flaky = []report.Failure{{Message: "2a"}}
	if got, want := brief(report.Merge(first, flaky)), "a+ flaky 1,1b,2a"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := brief(report.Merge(flaky, first)), "a-2a rerun 1,1b"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// The same name in another class or in another suite is another case, and suites
// of the same name stay apart.
func TestMergeKeys(t *testing.T) {
	c := func(class string, status report.Status) report.Case {
		return report.Case{Name: "a", Class: class, Status: status}
	}
	first := report.Report{Suites: []report.Suite{
		{Name: "s", Cases: []report.Case{c("x", report.Failed), c("y", report.Failed)}},
		{Name: "s", Cases: []report.Case{c("z", report.Failed)}},
	}}
	again := report.Report{Suites: []report.Suite{
		{Name: "s", Cases: []report.Case{c("x", report.Passed), c("y", report.Failed)}},
		{Name: "s", Cases: []report.Case{c("z", report.Passed)}},
		{Name: "other", Cases: []report.Case{c("y", report.Passed)}},
	}}
	got := report.Merge(first, again)
	if want := "a+ flaky ; a- rerun ; a+ flaky ; a+"; brief(got) != want || len(got.Suites) != 3 || len(got.Suites[1].Cases) != 1 {
		t.Errorf("got %s in %d suites, want %s", brief(got), len(got.Suites), want)
	}
}

// A single attempt is given as it is, and attempts are not changed.
func TestMergeLeavesInputAlone(t *testing.T) {
	for seed := range uint64(200) {
		a, b := generate(seed), generate(seed)
		if got := report.Merge(a); !equal(got, b) {
			t.Fatalf("seed %d: got\n%+v\nwant\n%+v", seed, got, b)
		}
		again := report.Merge(a, a, a)
		if !equal(a, b) {
			t.Fatalf("seed %d: the report changed", seed)
		}
		if got, want := again.Counts(), b.Counts(); got.Bad() != want.Bad() || got.Tests != want.Tests {
			t.Fatalf("seed %d: got %+v, want %+v", seed, got, want)
		}
	}
}
