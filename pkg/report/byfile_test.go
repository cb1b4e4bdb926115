package report_test

import (
	"slices"
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/report"
)

// Of a suite whose cases come from several files, each case's file is read again, and
// how long the files took.
func TestByFile(t *testing.T) {
	t.Parallel()
	of := func(name, file string, took time.Duration) report.Case {
		return report.Case{Name: name, File: file, Time: took}
	}
	r := report.Report{Suites: []report.Suite{
		{Name: "all", Time: time.Minute, SystemOut: "said", Cases: []report.Case{of("four", "", 0), of("one", "a.py", time.Second), of("two", "b.py", 2*time.Second), of("three", "a.py", 4*time.Second)}},
		{Name: "one file", Time: time.Minute, Cases: []report.Case{of("five", "c.py", time.Second)}},
		{Name: "none"},
	}}
	got := parse(t, write(t, r.ByFile()))
	var files []string
	for _, s := range got.Suites {
		for _, c := range s.Cases {
			files = append(files, s.Name+": "+c.Name+" "+c.File)
		}
	}
	if want := []string{"all: four ", "all: one a.py", "all: three a.py", "all: two b.py", "one file: five c.py"}; !slices.Equal(files, want) {
		t.Errorf("got %q, want %q", files, want)
	}
	if len(got.Suites) != 5 || got.Suites[0].SystemOut != "said" || got.Suites[1].SystemOut != "" || got.Suites[3].Time != time.Minute {
		t.Errorf("the suites are %+v", got.Suites)
	}
	if took := got.Timings([]string{"a.py", "b.py"}); took["a.py"] != 5*time.Second || took["b.py"] != 2*time.Second {
		t.Errorf("they took %v", took)
	}
}
