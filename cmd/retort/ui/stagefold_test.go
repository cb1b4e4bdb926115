package ui_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/retort-ci/retort/cmd/retort/ui"
	"github.com/retort-ci/retort/pkg/mask"
	"github.com/retort-ci/retort/pkg/progress"
)

// TestStageFoldsGolden is the run of all other golden files where logs fold, and
// a promotion that is refused.
func TestStageFoldsGolden(t *testing.T) {
	refused := []step{
		{0, progress.Event{Kind: progress.StageBegin, Stage: "promote to production"}},
		{0, progress.Event{Kind: progress.Warning, Stage: "promote", Subject: "orders", Text: "evidence is left out of account"}},
		{time.Second, progress.Event{Kind: progress.StageEnd, Stage: "promote to production", Elapsed: time.Second, Err: errors.New("refused")}},
	}
	for name, folds := range dialects() {
		t.Run(name, func(t *testing.T) {
			opts := ui.Options{Secrets: mask.NewSet("hunter2"), Subjects: 8, Folds: folds}
			golden(t, name+"-stages", play(t, ui.Plain, opts, append(script(), refused...)))
		})
	}
}

// A run that breaks off inside a stage closes its fold, and shows its warnings.
func TestStageFoldIsClosed(t *testing.T) {
	var out bytes.Buffer
	u := ui.New(&out, ui.Plain, ui.Options{Folds: ui.GitHub{}})
	u.Emit(progress.Event{Kind: progress.StageBegin, Stage: "build"})
	u.Emit(progress.Event{Kind: progress.StageBegin, Stage: "within"})
	u.Emit(progress.Event{Kind: progress.Warning, Stage: "build", Text: "ulimits is not honoured"})
	if err := u.Close(); err != nil {
		t.Fatal(err)
	}
	want := "::group::==> build\n==> within\n::endgroup::\nwarning: build: ulimits is not honoured\n"
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
	u.Emit(progress.Event{Kind: progress.StageBegin, Stage: "push"})
	if text := strings.TrimPrefix(out.String(), want); text != "==> push\n" {
		t.Errorf("after the end: %q", text)
	}
}
