package test_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/engine/docker/dockertest"
	"github.com/retort-ci/retort/pkg/progress"
	"github.com/retort-ci/retort/pkg/step/test"
)

// turning is the real engine, on which the container of a suite does something
// else each time it is started.
type turning struct {
	*dockertest.Engine
	mu    sync.Mutex
	turns map[string][][]string // service to commands
	names []string              // of all that were started
}

// Create takes the next turn of the container.
func (e *turning) Create(ctx context.Context, spec engine.ContainerSpec) (engine.Created, error) {
	e.mu.Lock()
	e.names = append(e.names, spec.Name)
	service := spec.Name[strings.LastIndex(spec.Name, ".")+1:]
	if left := e.turns[service]; len(left) > 0 {
		spec.Cmd, e.turns[service] = left[0], left[1:]
	}
	e.mu.Unlock()
	return e.Engine.Create(ctx, spec)
}

const (
	junitBad  = `<testsuite name="s"><testcase name="c"><failure message="no"/></testcase></testsuite>`
	junitGood = `<testsuite name="s"><testcase name="c"/></testsuite>`
)

// A suite that passes when it is run again is flaky, and so are the cases that
// failed at first. Nothing of the first attempt is counted besides.
func TestFlaky(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	eng := &turning{Engine: b.engine, turns: map[string][][]string{"unit": {
		{"write", "/reports/a.xml", junitBad, ";", "echo", "first", ";", "exit", "1"},
		{"write", "/reports/a.xml", junitGood, ";", "echo", "second"},
	}}}
	s := b.suite("unit", "never")
	s.Retries, s.Reports = 2, []string{"/reports/*.xml"}
	s.Services = []test.Service{{Name: "web", Container: b.container("serve", ":8080")}}
	s.DependsOn = on("web", test.Started)
	got := b.on(t, eng, s)
	if got.Verdict != test.Flaky || got.Attempts != 2 || !got.Verdict.Good() {
		t.Errorf("%s after %d attempts", got.Summary(), got.Attempts)
	}
	if want := "flaky: passed on attempt 2; before: failed: exit code 1"; got.Summary() != want {
		t.Errorf("summary is %q, want %q", got.Summary(), want)
	}
	reports := files(t, b.opts.Reports)
	if report := reports["unit/retort.xml"]; len(reports) != 1 || !strings.Contains(report, "<flakyFailure") || strings.Contains(report, "<failure") {
		t.Errorf("reports are %v", reports)
	}
	if c := got.Cases.Counts(); c.Tests != 1 || c.Flaky != 1 || c.Bad() != 0 {
		t.Errorf("counts are %+v", c)
	}
	logs := files(t, b.opts.Logs)
	if want := []string{"unit/rerun-1/unit.log", "unit/rerun-1/web.log", "unit/unit.log", "unit/web.log"}; !slices.Equal(keys(logs), want) {
		t.Errorf("logs are %q, want %q", keys(logs), want)
	}
	if logs["unit/unit.log"] != "first\n" || logs["unit/rerun-1/unit.log"] != "second\n" {
		t.Errorf("logs are %q", logs)
	}
	if told := b.events.texts(progress.Note); !strings.Contains(told, "failed: exit code 1; running it again, 1 of 2 retries") {
		t.Errorf("told %q", told)
	}
}

// One that fails to the end has failed once, however often it was run.
func TestFailsOnEachAttempt(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.suite("unit", "write", "/reports/a.xml", junitBad, ";", "exit", "4")
	s.Retries, s.Reports = 2, []string{"/reports/*.xml"}
	eng := &turning{Engine: b.engine}
	got := b.on(t, eng, s)
	if got.Verdict != test.Failed || got.Attempts != 3 || got.ExitCode != 4 || len(eng.names) != 3 {
		t.Errorf("%s after %d attempts, exit code %d, containers %q", got.Summary(), got.Attempts, got.ExitCode, eng.names)
	}
	if c := got.Cases.Counts(); c.Tests != 1 || c.Failed != 1 {
		t.Errorf("counts are %+v", c)
	}
	if report := files(t, b.opts.Reports)["unit/retort.xml"]; strings.Count(report, "<rerunFailure") != 2 || strings.Count(report, "<failure") != 1 {
		t.Errorf("report is %s", report)
	}
}

// An attempt that failed without a report shows all the same: as a case.
func TestFlakyWithoutReports(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	eng := &turning{Engine: b.engine, turns: map[string][][]string{"unit": {{"exit", "1"}, {"echo", "fine"}}}}
	s := b.suite("unit", "never")
	s.Retries = 1
	got := b.on(t, eng, s)
	if got.Verdict != test.Flaky || got.Cases.Counts().Flaky != 1 {
		t.Errorf("%s, counts %+v", got.Summary(), got.Cases.Counts())
	}
	if report := files(t, b.opts.Reports)["unit/retort.xml"]; !strings.Contains(report, "<flakyFailure") {
		t.Errorf("report is %s", report)
	}
}

// A command that is not there is not looked for again.
func TestHopelessIsNotRunAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	eng := &turning{Engine: b.engine}
	s := b.suite("unit")
	s.Container.Entrypoint, s.Retries = []string{"/no/such"}, 3
	if got := b.on(t, eng, s); got.Verdict != test.Failed || len(eng.names) != 1 {
		t.Errorf("%s after starting %q", got.Summary(), eng.names)
	}
}

// on runs one suite on another engine than the bench's own.
func (b *bench) on(t *testing.T, eng engine.Runner, s test.Suite) test.Outcome {
	t.Helper()
	b.opts.Suites = []test.Suite{s}
	result, err := test.Run(t.Context(), eng, b.opts)
	if err != nil {
		t.Fatal(err)
	}
	return result.Suites[0]
}
