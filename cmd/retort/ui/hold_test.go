package ui_test

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/retort-ci/retort/cmd/retort/ui"
	"github.com/retort-ci/retort/pkg/mask"
	"github.com/retort-ci/retort/pkg/progress"
)

// TestHeldBackInBounds has suites that print more than may be kept.
func TestHeldBackInBounds(t *testing.T) {
	const lines, keep = 100_000, 1 << 20
	for name, err := range map[string]error{"passed": nil, "failed": errors.New("exit code 1")} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			u := ui.New(&out, ui.Plain, ui.Options{Folds: ui.GitHub{}})
			for i := range lines {
				u.Emit(said("e2e 1/2", fmt.Sprintf("line %d of a suite that says too much", i)).event)
			}
			u.Emit(ended("e2e 1/2", 0, err).event)
			if err := u.Close(); err != nil {
				t.Fatal(err)
			}
			text := out.String()
			if len(text) < 2*keep-200 || len(text) > 2*keep+500 {
				t.Errorf("%d bytes were shown, want two times %d", len(text), keep)
			}
			left := 0
			gap := regexp.MustCompile(`\ntest     e2e 1/2      … (\d+) lines are left out here; \.retort/logs/e2e has them all\n`).FindStringSubmatchIndex(text)
			if gap == nil {
				t.Fatalf("nothing says what is left out")
			}
			_, _ = fmt.Sscan(text[gap[2]:gap[3]], &left)
			before, after := strings.Count(text[:gap[0]], "| line "), strings.Count(text[gap[1]:], "| line ")
			if before+left+after != lines || !strings.Contains(text, "| line 0 of") ||
				!strings.Contains(text[:gap[0]+1], fmt.Sprintf("| line %d of a suite that says too much\n", before-1)) ||
				!strings.Contains(text[gap[1]:], fmt.Sprintf("| line %d of a suite that says too much\n", lines-after)) ||
				!strings.Contains(text, fmt.Sprintf("| line %d of", lines-1)) {
				t.Errorf("%d lines, %d left out, %d lines, of %d", before, left, after, lines)
			}
		})
	}
}

// TestHeldBackIsShown has runs that break off. Nothing is lost, and what comes
// after the end is shown at once.
func TestHeldBackIsShown(t *testing.T) {
	end := progress.Event{Kind: progress.StageEnd, Stage: "test"}
	other := progress.Event{Kind: progress.StageEnd, Stage: "build"}
	for name, last := range map[string]*progress.Event{"at the stage's end": &end, "at another's and by Close": &other, "by Close": nil} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			u := ui.New(&out, ui.Plain, ui.Options{Folds: ui.GitHub{}})
			u.Emit(said("b", "held").event)
			u.Emit(said("a", "held").event)
			if out.Len() > 0 {
				t.Errorf("shown at once: %s", out.String())
			}
			if last != nil {
				u.Emit(*last)
			}
			if shown := strings.Contains(out.String(), "| held"); shown != (last == &end) {
				t.Errorf("shown at the stage's end: %v", shown)
			}
			if err := u.Close(); err != nil {
				t.Fatal(err)
			}
			u.Emit(said("a", "late").event)
			text := out.String()
			if strings.Count(text, "test     a            | held\n") != 1 || strings.Count(text, "test     b            | held\n") != 1 ||
				!strings.HasSuffix(text, "test     a            | late\n") || strings.Contains(text, "::") {
				t.Errorf("got\n%s", text)
			}
		})
	}
}

// TestHeldBackHasAHeartbeat: a suite prints all the time, and no one sees it.
func TestHeldBackHasAHeartbeat(t *testing.T) {
	steps := []step{begun("e2e 1/2")}
	for range 150 {
		line := said("e2e 1/2", "still at it")
		line.after = time.Second
		steps = append(steps, line)
	}
	out := play(t, ui.Plain, ui.Options{Folds: ui.GitLab{}}, append(steps, ended("e2e 1/2", time.Second, nil)))
	want := "still running: test e2e 1/2 suite (1m00s)\nstill running: test e2e 1/2 suite (2m00s)\n\x1b[0Ksection_start:"
	if !strings.HasPrefix(out, want) || strings.Count(out, "still running") != 2 {
		t.Errorf("got %.300q, want %q", out, want)
	}
}

// TestHeldBackIsMaskedLater has a secret that is known after it was printed.
func TestHeldBackIsMaskedLater(t *testing.T) {
	var out bytes.Buffer
	secrets := mask.NewSet("hunter2")
	u := ui.New(&out, ui.Plain, ui.Options{Folds: ui.GitHub{}, Secrets: secrets})
	u.Emit(said("e2e", "hunter2 and correcthorse").event)
	secrets.Add("correcthorse")
	u.Emit(ended("e2e", 0, nil).event)
	if err := u.Close(); err != nil {
		t.Fatal(err)
	}
	if text := out.String(); !strings.Contains(text, "| *** and ***\n") {
		t.Errorf("got\n%s", text)
	}
}
