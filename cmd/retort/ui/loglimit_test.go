package ui_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/retort-ci/retort/cmd/retort/ui"
	"github.com/retort-ci/retort/pkg/progress"
)

// TestLogLimit has a suite that says too much, beside one that does not: its
// first lines come at once and its last when it ends.
func TestLogLimit(t *testing.T) {
	const lines, limit = 1000, 4000
	for name, mode := range map[string]ui.Mode{"plain": ui.Plain, "tty": ui.TTY} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			u := ui.New(&out, mode, ui.Options{Size: fixed(80, 24), LogLimit: limit})
			for i := range lines {
				u.Emit(said("e2e 1/2", fmt.Sprintf("line %d", i)).event)
			}
			u.Emit(said("unit", "all is well").event)
			before := out.String()
			u.Emit(ended("e2e 1/2", 0, nil).event)
			if err := u.Close(); err != nil {
				t.Fatal(err)
			}
			after := strings.TrimPrefix(out.String(), before)
			told := "test     e2e 1/2      … the last lines are shown when it ends; .retort/logs/e2e has all\n"
			if !strings.HasPrefix(before, "test     e2e 1/2      | line 0\n") || strings.Count(before, told) != 1 || !strings.Contains(before, "| all is well\n") {
				t.Errorf("at once:\n%s", before)
			}
			if !strings.Contains(after, " lines are left out here; .retort/logs/e2e has them all\n") || !strings.Contains(after, "| line 999\n") {
				t.Errorf("at the end:\n%s", after)
			}
			for _, half := range []string{before, after} {
				if len(half) > limit/2+400 || len(half) < limit/2-100 {
					t.Errorf("%d bytes of a limit of %d", len(half), limit)
				}
			}
		})
	}
}

// TestLogLimitIsForSuites: a build, and a suite below the limit, is shown whole.
func TestLogLimitIsForSuites(t *testing.T) {
	var steps []step
	for i := range 100 {
		line := fmt.Sprintf("line %d", i)
		steps = append(steps, said("unit", line), step{0, progress.Event{Kind: progress.Log, Stage: "build", Subject: "orders", Text: strings.Repeat(line, 20)}})
	}
	steps = append(steps, ended("unit", time.Second, nil))
	limited := play(t, ui.Plain, ui.Options{LogLimit: 10_000}, steps)
	if whole := play(t, ui.Plain, ui.Options{}, steps); limited != whole {
		t.Errorf("got\n%s\nwant\n%s", limited, whole)
	}
}

// TestLogLimitInFolds has less in a fold than memory would allow.
func TestLogLimitInFolds(t *testing.T) {
	var steps []step
	for i := range 10_000 {
		steps = append(steps, said("unit", fmt.Sprintf("line %d", i)))
	}
	out := play(t, ui.Plain, ui.Options{Folds: ui.GitHub{}, LogLimit: 4000}, append(steps, ended("unit", time.Second, nil)))
	if len(out) > 4500 || !strings.Contains(out, "| line 0\n") || !strings.Contains(out, "| line 9999\n::endgroup::") {
		t.Errorf("%d bytes:\n%s", len(out), out)
	}
}

// A suite whose lines are kept back is not silent for want of a heartbeat.
func TestLogLimitHasAHeartbeat(t *testing.T) {
	steps := []step{begun("unit")}
	for range 200 {
		line := said("unit", "still at it")
		line.after = time.Second
		steps = append(steps, line)
	}
	out := play(t, ui.Plain, ui.Options{LogLimit: 100}, append(steps, ended("unit", time.Second, nil)))
	if n := strings.Count(out, "still running: test unit suite"); n != 3 {
		t.Errorf("%d heartbeats:\n%s", n, out)
	}
}
