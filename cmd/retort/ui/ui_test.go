package ui_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/retort-ci/retort/cmd/retort/ui"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/mask"
	"github.com/retort-ci/retort/pkg/progress"
)

// TestConcurrentEvents emits from many goroutines while time passes: each line
// comes whole.
func TestConcurrentEvents(t *testing.T) {
	const writers, each = 8, 200
	for _, mode := range []ui.Mode{ui.Plain, ui.TTY} {
		var out bytes.Buffer
		u := ui.New(&out, mode, ui.Options{Size: fixed(80, 24), Secrets: mask.NewSet("hunter2")})
		var wg sync.WaitGroup
		for w := range writers {
			wg.Go(func() {
				e := progress.Event{Stage: "test", Subject: fmt.Sprint("suite", w), Task: "suite"}
				e.Kind = progress.TaskBegin
				u.Emit(e)
				for i := range each {
					u.Emit(progress.Event{Kind: progress.Log, Stage: "test", Subject: e.Subject, Text: fmt.Sprintf("line %d of %d", i, w)})
					u.Emit(progress.Event{Kind: progress.Bytes, Stage: "test", Subject: e.Subject, Task: "copy", Current: int64(i)})
				}
				e.Kind = progress.TaskEnd
				u.Emit(e)
			})
		}
		wg.Wait()
		if err := u.Close(); err != nil {
			t.Error(err)
		}
		shown := map[string]int{}
		for line := range strings.Lines(out.String()) {
			_, behind, erased := strings.Cut(line, "\x1b[J")
			if !erased {
				behind = line
			}
			shown[behind]++
		}
		for w := range writers {
			for i := range each {
				line := fmt.Sprintf("test     %-12s | line %d of %d\n", fmt.Sprint("suite", w), i, w)
				if shown[line] != 1 {
					t.Fatalf("mode %v: %q is there %d times", mode, line, shown[line])
				}
			}
		}
	}
}

// TestSecretsAreMasked has secrets where they could slip through: in every
// field, cut off at a column's end, and with a control sequence in the middle.
func TestSecretsAreMasked(t *testing.T) {
	const secret = "correcthorsebatterystaple"
	set := mask.NewSet(secret)
	run := "[2/3] RUN curl --header 'Authorization: Bearer of " + secret
	broken := secret[:5] + "\x1b[0m" + secret[5:]
	steps := []step{
		{0, progress.Event{Kind: progress.TaskBegin, Stage: "build", Subject: secret, Task: run}},
		{0, progress.Event{Kind: progress.Log, Stage: "build", Subject: secret, Task: run, Text: broken}},
		{0, progress.Event{Kind: progress.Bytes, Stage: "build", Subject: "a", Task: run, Current: 1}},
		{2 * time.Minute, progress.Event{Kind: progress.Bytes, Stage: "build", Subject: "a", Task: run, Current: 1}},
		{0, progress.Event{Kind: progress.Note, Stage: "build", Text: secret}},
		{0, progress.Event{Kind: progress.Warning, Stage: "build", Subject: secret, Text: broken}},
		{0, progress.Event{Kind: progress.TaskEnd, Stage: "build", Subject: secret, Task: run, Status: progress.Done, Text: secret}},
		{0, progress.Event{Kind: progress.TaskEnd, Stage: "build", Task: run, Status: progress.Failed, Err: errors.New(secret)}},
	}
	for _, mode := range []ui.Mode{ui.Plain, ui.TTY, ui.Quiet} {
		out := play(t, mode, ui.Options{Secrets: set, Size: fixed(60, 24)}, steps)
		if strings.Contains(out, secret[:6]) || !strings.Contains(out, "***") {
			t.Errorf("mode %v shows a secret, or nothing:\n%s", mode, out)
		}
	}
}

// An instruction that ends several times, as a FROM that is resolved, pulled and
// unpacked, has a line for each time that took one, and a failure always.
func TestEndedAgain(t *testing.T) {
	end := func(stage, task string, took time.Duration, status progress.Status) step {
		return step{0, progress.Event{Kind: progress.TaskEnd, Stage: stage, Subject: "app", Task: task, Elapsed: took, Status: status}}
	}
	const from = "[1/2] FROM busybox"
	out := play(t, ui.Plain, ui.Options{}, []step{
		end("build", from, 0, progress.Done), end("build", from, 100*time.Millisecond, progress.Done), end("build", from, 2*time.Second, progress.Done),
		end("build", from, 0, progress.Failed), end("build", "[2/2] RUN true", 0, progress.Done),
		end("test", "suite passed", 0, progress.Done), end("test", "suite passed", 0, progress.Done),
	})
	for text, want := range map[string]int{from: 3, "RUN true": 1, "suite passed": 2} {
		if got := strings.Count(out, text); got != want {
			t.Errorf("%q stands there %d times, want %d:\n%s", text, got, want, out)
		}
	}
}

func TestCloseTellsWriteErrors(t *testing.T) {
	u := ui.New(brokenPipe{}, ui.Plain, ui.Options{})
	u.Emit(progress.Event{Kind: progress.Note, Text: "lost"})
	u.Emit(progress.Event{Kind: progress.Note, Text: "lost too"})
	if err := u.Close(); !errors.Is(err, errPipe) {
		t.Errorf("got %v, want the writer's error", err)
	}
}

var errPipe = errors.New("broken pipe")

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errPipe }

func TestTable(t *testing.T) {
	var out bytes.Buffer
	err := ui.Table(&out, []string{"SERVICE", "DIGEST", "SUITES"}, [][]string{
		{"orders", "sha256:4bdc1c64b2ad", "2 passed"},
		{"rechnung-käse", "sha256:0a1b", ""},
		{"odd\tcell\n\x1b[31m", "", ""},
		{"short row"},
	})
	want := `SERVICE        DIGEST               SUITES
orders         sha256:4bdc1c64b2ad  2 passed
rechnung-käse  sha256:0a1b
odd cell
short row
`
	if err != nil || out.String() != want {
		t.Errorf("got %v\n%s\nwant\n%s", err, out.String(), want)
	}
	if err := ui.Table(brokenPipe{}, []string{"A"}, nil); !errors.Is(err, errPipe) {
		t.Errorf("got %v, want the writer's error", err)
	}
}

func TestFailure(t *testing.T) {
	tests := []struct {
		name string
		err  error
		want string
	}{
		{"none", nil, ""},
		{"unexpected", errors.New("boom"), "retort: boom\n  side: unexpected\n"},
		{
			"with a way out",
			fmt.Errorf("build orders: %w", fault.New(fault.Infrastructure, "systemctl start docker", "no engine at unix:///var/run/docker.sock")),
			"retort: build orders: no engine at unix:///var/run/docker.sock\n  side: infrastructure\n  next: systemctl start docker\n",
		},
		{
			"of several lines", fault.New(fault.Policy, "one\nor another", "refused:\n* a\n* \x1b[31mb\n"),
			"retort: refused:\n    * a\n    * b\n  side: policy\n  next: one\n    or another\n",
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			var out bytes.Buffer
			ui.Failure(&out, tc.err)
			if out.String() != tc.want {
				t.Errorf("got\n%s\nwant\n%s", out.String(), tc.want)
			}
		})
	}
}
