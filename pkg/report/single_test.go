package report_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/retort-ci/retort/pkg/report"
)

func TestSingle(t *testing.T) {
	for name, s := range map[string]report.Single{
		"passed": {Suite: "unit", Name: "unit", Elapsed: 1234 * time.Millisecond},
		"failed": {
			Suite: "e2e", Name: "e2e", Elapsed: time.Minute, Failure: "failed: exit code 3",
			Output: "--- FAIL: \x1b[31mTestOrder\x1b[0m\n<want> & \"got\" ]]>\x00",
		},
		"failed silently": {Suite: "e2e", Name: "e2e", Failure: "timed out: still running after 1s"},
	} {
		t.Run(name, func(t *testing.T) {
			golden(t, "single/"+strings.ReplaceAll(name, " ", "-")+".golden.xml", s.JUnit())
		})
	}
}

// Whatever a container prints, the file is a report that says the same.
func FuzzSingle(f *testing.F) {
	f.Add("unit", "failed", "output")
	f.Add("\x1b[31m", "\x00\xff\xfe", "\ufffe\uffff\U0010ffff ]]> <![CDATA[")
	f.Fuzz(func(t *testing.T, name, failure, output string) {
		got := report.Single{Suite: name, Name: name, Failure: failure, Output: output}.JUnit()
		if !utf8.Valid(got) {
			t.Error("not UTF-8")
		}
		if c := parse(t, got).Counts(); c.Tests != 1 || (failure != "") != (c.Failed == 1) {
			t.Errorf("got %+v of\n%s", c, got)
		}
	})
}
