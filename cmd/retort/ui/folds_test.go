package ui_test

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/retort-ci/retort/cmd/retort/ui"
	"github.com/retort-ci/retort/pkg/mask"
	"github.com/retort-ci/retort/pkg/progress"
)

func dialects() map[string]ui.Folds {
	return map[string]ui.Folds{"github": ui.GitHub{}, "gitlab": ui.GitLab{}, "travis": ui.Travis{}}
}

// said is a line that a suite prints, begun and ended are the suite's events.
func said(suite, text string) step {
	return step{0, progress.Event{Kind: progress.Log, Stage: "test", Subject: suite, Text: text}}
}

func begun(suite string) step {
	return step{0, progress.Event{Kind: progress.TaskBegin, Stage: "test", Subject: suite, Task: "suite"}}
}

func ended(suite string, after time.Duration, err error) step {
	e := progress.Event{Kind: progress.TaskEnd, Stage: "test", Subject: suite, Task: "suite", Status: progress.Done, Text: "passed", Elapsed: after, Err: err}
	if err != nil {
		e.Status, e.Text = progress.Failed, "failed: exit code 1"
	}
	return step{after, e}
}

// suites has four at work at once: one passes, one fails, of one the shards do
// either, and one is called off with the stage.
func suites() []step {
	about := func(kind progress.Kind, suite, text string) step {
		return step{0, progress.Event{Kind: kind, Stage: "test", Subject: suite, Text: text}}
	}
	return []step{
		{0, progress.Event{Kind: progress.StageBegin, Stage: "test"}},
		begun("unit"), begun("100%"), begun("e2e 1/2"), begun("e2e 2/2"), begun("load"),
		said("unit", "=== RUN   TestTotal with hunter2"),
		said("100%", "only line"),
		said("e2e 1/2", "GET /orders"),
		said("e2e 2/2", "GET /bills"),
		said("unit", "--- PASS: TestTotal \x1b[32m(0.00s)\x1b[0m"),
		{0, progress.Event{Kind: progress.TaskEnd, Stage: "test", Subject: "e2e 1/2", Task: "broker healthy", Status: progress.Done, Elapsed: 700 * time.Millisecond}},
		about(progress.Warning, "unit", "no file in the container matches /reports/*.xml"),
		about(progress.Note, "e2e 2/2", "failed: exit code 1; running it again, 1 of 1 retries"),
		said("e2e 2/2", "GET /bills once more"),
		said("unit", ""),
		ended("unit", 2*time.Second, nil),
		ended("100%", 0, nil),
		ended("e2e 1/2", time.Second, errors.New("no bill after 30s")),
		said("load", "10% done"),
		ended("e2e 2/2", 65*time.Second, nil),
		{0, progress.Event{Kind: progress.StageEnd, Stage: "test", Elapsed: 68 * time.Second, Err: errors.New("interrupted")}},
	}
}

func TestFoldsGolden(t *testing.T) {
	for name, folds := range dialects() {
		t.Run(name, func(t *testing.T) {
			golden(t, name, play(t, ui.Plain, ui.Options{Secrets: mask.NewSet("hunter2"), Subjects: 8, Folds: folds}, suites()))
		})
	}
}

// TestFoldsInOtherModes: a terminal shows lines as they come, and quiet none.
func TestFoldsInOtherModes(t *testing.T) {
	opts := ui.Options{Size: fixed(80, 24)}
	for _, mode := range []ui.Mode{ui.TTY, ui.Quiet} {
		without := play(t, mode, opts, suites())
		folding := opts
		folding.Folds = ui.GitHub{}
		if with := play(t, mode, folding, suites()); with != without {
			t.Errorf("mode %v: got\n%s\nwant\n%s", mode, with, without)
		}
	}
}

func TestFoldNames(t *testing.T) {
	var steps []step
	for _, suite := range []string{"e2e 1/2", "e2e-1-2", "E2E 1/2", "über", "e2e 1/2"} {
		steps = append(steps, said(suite, "line"), ended(suite, time.Second, nil))
	}
	for folds, mark := range map[ui.Folds]string{
		ui.GitLab{}: `section_(start|end):\d+:([a-zA-Z0-9_.-]+)(?:\[\w+=\w+\])?\r\x1b\[0K`,
		ui.Travis{}: `fold:(start|end):([\w_\-\.]+)`,
	} {
		var open string
		names := map[string]bool{}
		for _, m := range regexp.MustCompile(mark).FindAllStringSubmatch(play(t, ui.Plain, ui.Options{Folds: folds}, steps), -1) {
			name := strings.ToLower(m[2]) // as GitLab does
			switch {
			case m[1] == "start" && open == "" && !names[name]:
				open, names[name] = name, true
			case m[1] == "end" && open == name:
				open = ""
			default:
				t.Errorf("%T: %q while %q is open, after %v", folds, m[0], open, names)
			}
		}
		if len(names) != 5 || open != "" {
			t.Errorf("%T: got %v, and %q is open", folds, names, open)
		}
	}
}

// TestConcurrentFolds has suites that print at the same time: each fold has the
// lines of one, in their order.
func TestConcurrentFolds(t *testing.T) {
	const writers, each = 8, 200
	var out bytes.Buffer
	u := ui.New(&out, ui.Plain, ui.Options{Folds: ui.GitHub{}})
	var wg sync.WaitGroup
	for w := range writers {
		suite := fmt.Sprint("suite", w)
		wg.Go(func() {
			for i := range each {
				u.Emit(said(suite, fmt.Sprint("line ", i)).event)
			}
			u.Emit(ended(suite, 0, nil).event)
		})
	}
	wg.Wait()
	if err := u.Close(); err != nil {
		t.Error(err)
	}
	for w := range writers {
		var want strings.Builder
		fmt.Fprintf(&want, "::group::test     %-12s printed %d lines\n", fmt.Sprint("suite", w), each)
		for i := range each {
			fmt.Fprintf(&want, "test     %-12s | line %d\n", fmt.Sprint("suite", w), i)
		}
		if want.WriteString("::endgroup::\n"); !strings.Contains(out.String(), want.String()) {
			t.Errorf("no whole fold of suite %d", w)
		}
	}
}
