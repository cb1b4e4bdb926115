package ui_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/retort-ci/retort/cmd/retort/ui"
	"github.com/retort-ci/retort/pkg/mask"
	"github.com/retort-ci/retort/pkg/progress"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// step is an event, some time after the one before.
type step struct {
	after time.Duration
	event progress.Event
}

// script is a run with one of everything.
func script() []step {
	const (
		build, test, push = "build", "test", "push"
		compile           = "[build 4/5] RUN --mount=type=cache,target=/root/.cache go build -trimpath -o /out/orders ./cmd/orders"
		digest            = "sha256:4bdc1c64b2ad3e6d5d7c5f29b3a0f3d0c2c9c8a1b7e6f5a4d3c2b1a09f8e7d6c"
		repo              = "127.0.0.1:5000/shop/orders"
	)
	p := progress.Event{}
	as := func(kind progress.Kind, stage, subject, name string, change func(*progress.Event)) progress.Event {
		e := p
		e.Kind, e.Stage, e.Subject, e.Task = kind, stage, subject, name
		if change != nil {
			change(&e)
		}
		return e
	}
	ends := func(status progress.Status, took time.Duration) func(*progress.Event) {
		return func(e *progress.Event) { e.Status, e.Elapsed = status, took }
	}
	says := func(text string) func(*progress.Event) { return func(e *progress.Event) { e.Text = text } }
	gives := func(text string, took time.Duration) func(*progress.Event) {
		return func(e *progress.Event) { e.Status, e.Text, e.Elapsed = progress.Done, text, took }
	}
	moves := func(id string, current, total int64) func(*progress.Event) {
		return func(e *progress.Event) { e.Text, e.Current, e.Total = id, current, total }
	}
	return []step{
		{0, as(progress.StageBegin, build, "", "", nil)},
		{0, as(progress.Note, build, "", "", says("engine docker 20.10.24 at unix:///var/run/docker.sock"))},
		{0, as(progress.TaskBegin, build, "orders", "[internal] load build definition from Dockerfile", nil)},
		{0, as(progress.TaskEnd, build, "orders", "[internal] load build definition from Dockerfile", ends(progress.Done, 20*time.Millisecond))},
		{0, as(progress.TaskBegin, build, "orders", "[build 1/5] FROM docker.io/library/golang:1.26", nil)},
		{0, as(progress.TaskEnd, build, "orders", "[build 1/5] FROM docker.io/library/golang:1.26", ends(progress.Cached, 0))},
		{0, as(progress.TaskBegin, build, "orders", compile, nil)},
		{time.Second, as(progress.Log, build, "orders", compile, says("go: using the vendor directory"))},
		{time.Second, as(progress.Log, build, "orders", compile, says("warning: \x1b[33mold\x1b[0m\r"))},
		{10 * time.Second, as(progress.TaskEnd, build, "orders", compile, ends(progress.Done, 12345*time.Millisecond))},
		{0, as(progress.TaskEnd, build, "orders", "image", gives(digest, 13*time.Second))},
		{0, as(progress.Warning, build, "orders", "", says("compose.yaml:7:5: ulimits is not honoured\nand this is the second line"))},
		{0, as(progress.StageEnd, build, "", "", ends("", 13*time.Second))},

		{0, as(progress.StageBegin, test, "", "", nil)},
		{0, as(progress.TaskBegin, test, "e2e", "suite", nil)},
		{0, as(progress.TaskEnd, test, "e2e", "broker healthy", ends(progress.Done, 700*time.Millisecond))},
		{0, as(progress.Log, test, "e2e", "", says("=== RUN   TestOrderIsBilled with hunter2"))},
		{0, as(progress.Log, test, "e2e", "", says("10%\r 50%\r100%"))},
		{65 * time.Second, as(progress.TaskEnd, test, "e2e", "suite", func(e *progress.Event) {
			e.Status, e.Elapsed, e.Text = progress.Failed, 65*time.Second, "1 of 12 failed"
			e.Err = errors.New("exit code 1\nTestOrderIsBilled: no bill after 30s")
		})},
		{0, as(progress.StageEnd, test, "", "", func(e *progress.Event) { e.Elapsed, e.Err = 65*time.Second, errors.New("suite e2e failed") })},

		{0, as(progress.StageBegin, push, "", "", nil)},
		{0, as(progress.TaskBegin, push, "orders", "push "+repo, nil)},
		{0, as(progress.Bytes, push, "orders", "push "+repo, moves("", 0, 80e6))},
		{time.Second, as(progress.Bytes, push, "orders", "push "+repo, moves("", 8e6, 80e6))},
		{5 * time.Second, as(progress.Bytes, push, "orders", "push "+repo, moves("", 48e6, 80e6))},
		{time.Second, as(progress.Bytes, push, "orders", "push "+repo, moves("", 56e6, 80e6))},
		{0, as(progress.TaskEnd, push, "orders", "push "+repo+": sha256:0a1b2c3d4e5f", ends(progress.Mounted, 0))},
		{0, as(progress.TaskEnd, push, "orders", "push "+repo+": sha256:f5e4d3c2b1a0", ends(progress.Skipped, 0))},
		{time.Second, as(progress.TaskEnd, push, "orders", "push "+repo, ends(progress.Done, 8*time.Second))},
		{0, as(progress.TaskEnd, push, "orders", "image", gives(repo+"@"+digest, 8100*time.Millisecond))},
		{0, as(progress.StageEnd, push, "", "", ends("", 8100*time.Millisecond))},
	}
}

// play runs the script in a bubble of its own time and gives what was written.
func play(t *testing.T, mode ui.Mode, opts ui.Options, steps []step) string {
	t.Helper()
	var out bytes.Buffer
	synctest.Test(t, func(t *testing.T) {
		u := ui.New(&out, mode, opts)
		for _, s := range steps {
			time.Sleep(s.after)
			synctest.Wait()
			u.Emit(s.event)
		}
		if err := u.Close(); err != nil {
			t.Error(err)
		}
	})
	return out.String()
}

func TestGolden(t *testing.T) {
	secrets := mask.NewSet("hunter2")
	tests := []struct {
		name string
		mode ui.Mode
		opts ui.Options
	}{
		{"plain", ui.Plain, ui.Options{Secrets: secrets, Subjects: 8}},
		{"color", ui.Plain, ui.Options{Secrets: secrets, Color: true}},
		{"quiet", ui.Quiet, ui.Options{Secrets: secrets}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			golden(t, tc.name, play(t, tc.mode, tc.opts, script()))
		})
	}
}

// golden compares got with testdata/name.golden.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestPlainHasNoDecoration(t *testing.T) {
	for i, line := range strings.Split(play(t, ui.Plain, ui.Options{}, script()), "\n") {
		if strings.ContainsAny(line, "\x1b\r") || strings.TrimRight(line, " ") != line {
			t.Errorf("line %d is %q", i+1, line)
		}
	}
}

func TestHeartbeat(t *testing.T) {
	begin := func(subject, name string) step {
		return step{0, progress.Event{Kind: progress.TaskBegin, Stage: "build", Subject: subject, Task: name}}
	}
	note := func(after time.Duration) step {
		return step{after, progress.Event{Kind: progress.Note, Stage: "build", Text: "note"}}
	}
	stage := step{0, progress.Event{Kind: progress.StageBegin, Stage: "build"}}
	tests := []struct {
		name  string
		steps []step
		want  []string // heartbeats
	}{
		{"nothing runs", []step{note(10 * time.Minute)}, nil},
		{"never silent", []step{stage, note(59 * time.Second), note(59 * time.Second)}, nil},
		{"a stage alone", []step{stage, note(61 * time.Second)}, []string{"build (1m00s)"}},
		{
			"a task for minutes",
			[]step{stage, note(30 * time.Second), begin("orders", "[2/3] RUN sleep"), note(150 * time.Second)},
			[]string{"build orders [2/3] RUN sleep (1m00s)", "build orders [2/3] RUN sleep (2m00s)"},
		},
		{
			"many tasks",
			[]step{begin("a", "x"), begin("b", "x"), begin("c", "x"), begin("d", "x"), begin("e", "x"), note(time.Minute + 1)},
			[]string{"build a x (1m00s), build b x (1m00s), build c x (1m00s), 2 more"},
		},
		{
			"a stage that was called off", []step{
				stage, begin("a", "x"),
				{0, progress.Event{Kind: progress.StageEnd, Stage: "build", Err: errors.New("interrupted")}},
				note(5 * time.Minute),
			}, nil,
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			var got []string
			for line := range strings.Lines(play(t, ui.Plain, ui.Options{}, tc.steps)) {
				if beat, ok := strings.CutPrefix(line, "still running: "); ok {
					got = append(got, strings.TrimSpace(beat))
				}
			}
			if fmt.Sprint(got) != fmt.Sprint(tc.want) {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
	if out := play(t, ui.Quiet, ui.Options{}, []step{stage, note(time.Hour)}); out != "" {
		t.Errorf("quiet said %q", out)
	}
}
