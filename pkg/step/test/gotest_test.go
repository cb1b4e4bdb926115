package test_test

import (
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/progress"
	"github.com/retort-ci/retort/pkg/step/test"
)

// goTestSays are lines as go test -json writes them, with others between.
var goTestSays = []string{
	`{"Action":"start","Package":"shop"}`,
	`{"Action":"run","Package":"shop","Test":"TestAdds"}`,
	`{"Action":"output","Package":"shop","Test":"TestAdds","Output":"=== RUN   TestAdds\n"}`,
	`listening on :8080`,
	`{"Action":"output","Package":"shop","Test":"TestAdds","Output":"    add_test.go:7: 1+1 is 3\n"}`,
	`{"Action":"fail","Package":"shop","Test":"TestAdds","Elapsed":0.2}`,
	`{"Action":"fail","Package":"shop","Elapsed":0.3}`,
}

// printing makes a suite whose container prints the lines.
func (b *bench) printing(name string, code string, lines ...string) test.Suite {
	var commands []string
	for _, line := range lines {
		commands = append(commands, "echo", line, ";")
	}
	s := b.suite(name, append(commands, "exit", code)...)
	s.GoTest = true
	return s
}

// The output of go test -json becomes a report; people read what the tests said.
func TestGoTestOutput(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	got := b.outcome(t, b.printing("unit", "1", goTestSays...))
	if c := got.Cases.Counts(); got.Verdict != test.Failed || c.Tests != 1 || c.Failed != 1 {
		t.Errorf("%s, counts %+v", got.Summary(), c)
	}
	if report := files(t, b.opts.Reports)["unit/gotest.xml"]; !strings.Contains(report, `name="TestAdds"`) || !strings.Contains(report, "1+1 is 3") {
		t.Errorf("report is %s", report)
	}
	shown := b.events.texts(progress.Log)
	if want := "=== RUN   TestAdds\nlistening on :8080\n    add_test.go:7: 1+1 is 3"; shown != want {
		t.Errorf("shown is %q, want %q", shown, want)
	}
	if tail := strings.Join(got.Tail, "\n"); tail != shown {
		t.Errorf("last lines are %q", tail)
	}
	if log := files(t, b.opts.Logs)["unit/unit.log"]; !strings.Contains(log, goTestSays[0]) {
		t.Errorf("the log is %q, want it as it was printed", log)
	}
}

// What is no output of go test is told, and one case stands for the container.
func TestGoTestSaysNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	got := b.outcome(t, b.printing("unit", "0", "hello"))
	if got.Verdict != test.Passed || got.Cases.Counts().Tests != 1 {
		t.Errorf("%s, counts %+v", got.Summary(), got.Cases.Counts())
	}
	if told := b.events.texts(progress.Warning); !strings.Contains(told, "no report is made of stdout") {
		t.Errorf("warned %q", told)
	}
	required := b.printing("required", "0", "hello")
	required.ReportsRequired = true
	if got := b.outcome(t, required); got.Verdict != test.Failed || !strings.Contains(got.Reason, "reports-required") {
		t.Errorf("%s, want failed for want of a report", got.Summary())
	}
}

// One that is killed in the middle leaves what came before.
func TestGoTestTimesOut(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.printing("unit", "0", goTestSays[:5]...)
	s.Container.Cmd = append(s.Container.Cmd[:len(s.Container.Cmd)-2], "hang")
	s.Timeout = 1500e6
	got := b.outcome(t, s)
	if c := got.Cases.Counts(); got.Verdict != test.TimedOut || c.Errored != 1 {
		t.Errorf("%s, counts %+v", got.Summary(), c)
	}
}
