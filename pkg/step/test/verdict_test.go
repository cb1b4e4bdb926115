package test_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/progress"
	"github.com/retort-ci/retort/pkg/step/test"
)

// Suites run side by side; each comes to its own verdict, and reports are
// copied whatever it is.
func TestVerdicts(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	report := []string{"write", "/reports/unit.xml", junitText, ";"}
	suites := map[string]struct {
		commands []string
		verdict  test.Verdict
		code     int
		reason   string
		tail     []string
	}{
		"passes":   {[]string{"echo", "ok"}, test.Passed, 0, "", nil},
		"fails":    {[]string{"flood", "30", ";", "echo", "sorry", ";", "exit", "3"}, test.Failed, 3, "", []string{"line 30", "sorry"}},
		"on error": {[]string{"err", "on stderr", ";", "exit", "1"}, test.Failed, 1, "", []string{"on stderr"}},
		"hangs":    {[]string{"echo", "still here", ";", "hang"}, test.TimedOut, 0, "still running after 2s", []string{"still here"}},
	}
	var list []test.Suite
	for _, name := range slices.Sorted(maps.Keys(suites)) {
		s := b.suite(strings.ReplaceAll(name, " ", "-"), slices.Concat(report, suites[name].commands)...)
		s.Reports = []string{"/reports/*.xml"}
		if name == "hangs" {
			s.Timeout = 2 * time.Second
		}
		list = append(list, s)
	}
	begun := time.Now()
	for _, got := range b.outcomes(t, list...) {
		want := suites[strings.ReplaceAll(got.Suite, "-", " ")]
		if got.Verdict != want.verdict || got.ExitCode != want.code || got.Reason != want.reason {
			t.Errorf("%s: %s, exit code %d, %q", got.Suite, got.Verdict, got.ExitCode, got.Reason)
		}
		if n := len(want.tail); len(got.Tail) < n || !slices.Equal(got.Tail[len(got.Tail)-n:], want.tail) || len(got.Tail) > 20 {
			t.Errorf("%s: last lines %q", got.Suite, got.Tail)
		}
		reports := 1
		if !got.Verdict.Good() { // the container's case, since none of the suite's failed
			reports = 2
		}
		if len(got.Reports) != reports || !strings.Contains(files(t, b.opts.Reports)[got.Suite+"/unit.xml"], `name="c"`) {
			t.Errorf("%s: reports %v", got.Suite, got.Reports)
		}
	}
	if took := time.Since(begun); took > 20*time.Second {
		t.Errorf("took %s: the suite that hangs was waited for", took)
	}
}

func TestPassed(t *testing.T) {
	passed, failed := test.Outcome{Verdict: test.Passed}, test.Outcome{Verdict: test.Failed}
	for name, c := range map[string]struct {
		suites []test.Outcome
		want   bool
	}{
		"all":        {[]test.Outcome{passed, passed}, true},
		"one failed": {[]test.Outcome{passed, failed}, false},
		"no verdict": {[]test.Outcome{passed, {}}, false},
	} {
		if got := (test.Result{Suites: c.suites}).Passed(); got != c.want {
			t.Errorf("%s: passed is %v", name, got)
		}
	}
}

// A command that is not in the image, or none, is the suite's fault: it has a report
// and the exit code that a shell gives.
func TestCommandCannotStart(t *testing.T) {
	t.Parallel()
	for command, code := range map[string]int{"/no/such": 127, "/etc/hosts": 126} {
		t.Run(command, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			s := b.suite("unit")
			s.Container.Entrypoint = []string{command}
			got := b.outcome(t, s)
			if got.Verdict != test.Failed || got.ExitCode != code || !strings.Contains(got.Reason, command) || !strings.Contains(got.Reason, fmt.Sprint(code)) {
				t.Errorf("%s, %d: %s, want failed, %d, naming the command", got.Verdict, got.ExitCode, got.Reason, code)
			}
			if report := files(t, b.opts.Reports)["unit/retort.xml"]; !strings.Contains(report, command) {
				t.Errorf("the report is %q", report)
			}
		})
	}
}

// Without an image there is nothing to judge.
func TestImageIsGone(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.image = "127.0.0.1:1/no/such:image"
	b.opts.Suites = []test.Suite{b.suite("unit")}
	result, err := test.Run(t.Context(), b.engine, b.opts)
	if !errors.Is(err, engine.ErrImageNotFound) || result.Passed() {
		t.Errorf("error is %v, passed %v", err, result.Passed())
	}
}

// The zero value of what Options leave out works: no files, no names, no sink.
func TestZeroOptions(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.opts = test.Options{Labels: b.opts.Labels}
	s := b.suite("unit", "get", "http://web:8080/")
	s.Timeout, s.Reports = 0, []string{"/reports/*.xml"}
	s.Services = []test.Service{{Name: "web", Container: b.container("serve", ":8080")}}
	s.DependsOn = []test.Dependency{{Service: "web"}}
	if got := b.outcomes(t, s, b.suite("other", "echo")); got[0].Verdict != test.Passed || got[1].Verdict != test.Passed || got[0].Reports != nil {
		t.Errorf("outcomes are %+v", got)
	}
}

// The suite's output is told line by line, and what it came from.
func TestProgress(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.outcome(t, b.suite("unit", "echo", "one", ";", "err", "two"))
	want := map[string]bool{"one": false, "two": true}
	for _, e := range b.events.events {
		if e.Stage != "test" || e.Subject != "unit" {
			t.Errorf("event %+v is not of the suite", e)
		}
		if stderr, ok := want[e.Text]; ok && e.Kind == progress.Log && e.Stderr == stderr {
			delete(want, e.Text)
		}
	}
	if len(want) > 0 {
		t.Errorf("not told: %v", want)
	}
	first, last := b.events.events[0], b.events.events[len(b.events.events)-1]
	if first.Kind != progress.TaskBegin || last.Kind != progress.TaskEnd || last.Status != progress.Done || last.Text != "passed" {
		t.Errorf("began with %+v, ended with %+v", first, last)
	}
}
