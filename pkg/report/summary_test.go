package report_test

import (
	"strings"
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/report"
)

func TestSummary(t *testing.T) {
	r := report.Merge(attempt(1, "a+ b- c! d?"), attempt(2, "a+ b+ c! d?"))
	r.Suites = append(r.Suites, attempt(5, "e+ f-").Suites...)
	s := r.Summary(2)
	want := report.Counts{Tests: 6, Passed: 3, Failed: 1, Errored: 1, Skipped: 1, Flaky: 1, Time: 3 * time.Second}
	if s.Counts != want || s.Bad() != 2 {
		t.Errorf("got %+v, want %+v", s.Counts, want)
	}
	for what, tt := range map[string]struct {
		rows []report.Row
		want string
	}{
		"failed":  {s.Failed, "c f"},
		"flaky":   {s.Flaky, "b"},
		"slowest": {s.Slowest, "e f"},
		"none":    {r.Slowest(-1), ""},
		"all":     {r.Slowest(99), "e f a b c d"},
	} {
		var names []string
		for _, row := range tt.rows {
			names = append(names, row.Name)
		}
		if got := strings.Join(names, " "); got != tt.want {
			t.Errorf("%s: got %s, want %s", what, got, tt.want)
		}
	}
	if len(s.Suites) != 2 || s.Suites[1].Name != "s" || s.Suites[1].Tests != 2 || s.Suites[1].Failed != 1 {
		t.Errorf("got suites %+v", s.Suites)
	}
}

func TestRowsStop(t *testing.T) {
	for row := range attempt(1, "a+ b+").Rows() {
		if row.Name != "a" {
			t.Errorf("got %s after the loop ended", row.Name)
		}
		break
	}
}

func TestTitle(t *testing.T) {
	for want, row := range map[string]report.Row{
		"TestA":         {Suite: "example.com/p", Case: report.Case{Name: "TestA", Class: "example.com/p"}},
		"OrderTest.one": {Suite: "s", Case: report.Case{Name: "one", Class: "OrderTest"}},
		"cart adds two": {Suite: "cart", Case: report.Case{Name: "cart adds two", Class: "cart adds"}},
		"no class":      {Suite: "s", Case: report.Case{Name: "no class"}},
	} {
		if got := row.Title(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestHeadline(t *testing.T) {
	for want, c := range map[string]report.Case{
		"":                             {Text: "\n \t", SystemOut: "x"},
		"want 1":                       {Message: "\n want 1\ngot 2", Text: "trace"},
		"red alert":                    {Message: "\x1b[31mred\x1b[0m\u009b\ralert"},
		"first line":                   {Message: "\n", Text: "\n\n  first line\nsecond"},
		"java.io.IOException":          {Type: "java.io.IOException"},
		strings.Repeat("é", 199) + "…": {Message: strings.Repeat("é", 300)},
		strings.Repeat("é", 200):       {Message: strings.Repeat("é", 200)},
	} {
		if got := c.Headline(); strings.Join(strings.Fields(got), " ") != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
