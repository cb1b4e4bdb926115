package ui_test

import (
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/retort-ci/retort/cmd/retort/ui"
	"github.com/retort-ci/retort/pkg/progress"
)

// screen is a terminal that knows the two sequences a UI may use, and fails
// the test on any other.
type screen struct {
	t     *testing.T
	mu    sync.Mutex
	lines []string // the last one is where the cursor is
}

func newScreen(t *testing.T) *screen { return &screen{t: t, lines: []string{""}} }

var sequence = regexp.MustCompile(`^\x1b\[(\d*)([AJ])`)

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	text := string(p)
	for text != "" {
		last := len(s.lines) - 1
		if m := sequence.FindStringSubmatch(text); m != nil {
			text = text[len(m[0]):]
			if m[2] == "A" {
				n, _ := strconv.Atoi(m[1])
				s.lines = s.lines[:max(1, len(s.lines)-n)]
				continue
			}
			s.lines[last] = "" // erased, and all below it is gone already
			continue
		}
		switch text[0] {
		case '\n':
			s.lines = append(s.lines, "")
		case '\r':
		case '\x1b':
			s.t.Fatalf("a sequence no terminal needs to know: %q", text)
		default:
			s.lines[last] += text[:1]
		}
		text = text[1:]
	}
	return len(p), nil
}

func (s *screen) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.lines, "\n")
}

func fixed(columns, rows int) func() (int, int) {
	return func() (int, int) { return columns, rows }
}

// TestTTYDecidesDecorationOnly plays one run on a terminal and into a pipe.
// What is left on the screen is what the pipe got.
func TestTTYDecidesDecorationOnly(t *testing.T) {
	var steps []step
	for _, s := range script() {
		if s.event.Kind != progress.Bytes {
			steps = append(steps, s)
		}
	}
	plain := play(t, ui.Plain, ui.Options{}, steps)
	plain = regexp.MustCompile(`(?m)^still running:.*\n`).ReplaceAllString(plain, "")
	synctest.Test(t, func(t *testing.T) {
		s := newScreen(t)
		u := ui.New(s, ui.TTY, ui.Options{Size: fixed(80, 24)})
		for _, step := range steps {
			time.Sleep(step.after)
			synctest.Wait()
			u.Emit(step.event)
		}
		if err := u.Close(); err != nil {
			t.Error(err)
		}
		if s.text() != plain {
			t.Errorf("on the screen:\n%s\nin the pipe:\n%s", s.text(), plain)
		}
	})
}

func TestLiveArea(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScreen(t)
		u := ui.New(s, ui.TTY, ui.Options{Size: fixed(60, 8)})
		check := func(what string, want ...string) {
			t.Helper()
			if got := s.text(); got != strings.Join(append(want, ""), "\n") {
				t.Errorf("%s:\n%s\nwant\n%s", what, got, strings.Join(want, "\n"))
			}
		}
		emit := func(kind progress.Kind, subject, name string) {
			u.Emit(progress.Event{Kind: kind, Stage: "build", Subject: subject, Task: name, Text: "text"})
		}
		later := func(d time.Duration) {
			time.Sleep(d)
			synctest.Wait()
		}
		later(1100 * time.Millisecond) // from here on, always between two redraws
		check("nothing runs")
		u.Emit(progress.Event{Kind: progress.StageBegin, Stage: "build"})
		later(1200 * time.Millisecond)
		check("a stage", "==> build", "1.1s     build")

		emit(progress.TaskBegin, "orders", "[2/3] RUN go build -trimpath -o /out/orders ./...")
		later(2 * time.Second)
		check("a task takes the stage's place", "==> build", "1.9s     build    orders       [2/3] RUN go build -trimpat…")
		emit(progress.Note, "orders", "")
		check("lines go above it", "==> build", "build    orders       text",
			"2.0s     build    orders       [2/3] RUN go build -trimpat…")

		u.Emit(progress.Event{Kind: progress.Bytes, Stage: "build", Subject: "billing", Task: "pull", Current: 0, Total: 50e6})
		later(time.Second)
		u.Emit(progress.Event{Kind: progress.Bytes, Stage: "build", Subject: "billing", Task: "pull", Current: 5e6, Total: 50e6})
		later(time.Second)
		check("bytes that nobody began", "==> build", "build    orders       text",
			"3.9s     build    orders       [2/3] RUN go build -trimpat…",
			"1.9s  5.0 MB of 50.0 MB, 2.6 MB/s  build    billing      p…")
		later(3 * time.Second)
		check("no more bytes came", "==> build", "build    orders       text",
			"6.9s     build    orders       [2/3] RUN go build -trimpat…")

		for _, name := range []string{"a", "b", "c", "d"} {
			emit(progress.TaskBegin, "orders", name)
		}
		later(200 * time.Millisecond)
		check("no more than half the rows", "==> build", "build    orders       text",
			"7.1s     build    orders       [2/3] RUN go build -trimpat…",
			"0.1s     build    orders       a", "0.1s     build    orders       b", "… and 2 more")

		if err := u.Close(); err != nil {
			t.Error(err)
		}
		check("closed", "==> build", "build    orders       text")
		later(time.Minute)
		emit(progress.Note, "late", "")
		check("an event after that", "==> build", "build    orders       text", "build    late         text")
	})
}

// TestLiveAreaFits checks that no line is as wide as the terminal, whatever it holds.
func TestLiveAreaFits(t *testing.T) {
	for width := 1; width < 50; width++ {
		synctest.Test(t, func(t *testing.T) {
			s := newScreen(t)
			u := ui.New(s, ui.TTY, ui.Options{Size: fixed(width, 50)})
			u.Emit(progress.Event{Kind: progress.TaskBegin, Stage: "build", Subject: "订单服务", Task: "RUN echo 一二三四五六七八九十"})
			time.Sleep(time.Second)
			synctest.Wait()
			columns := 0
			first, _, _ := strings.Cut(s.text(), "\n")
			for _, r := range first {
				columns++
				if r > 0x2fff {
					columns++ // these are two wide
				}
			}
			if columns >= width && width > 1 {
				t.Errorf("%d columns in a terminal of %d: %q", columns, width, first)
			}
			if err := u.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestUnknownWidthIsPlain(t *testing.T) {
	want := play(t, ui.Plain, ui.Options{}, script())
	for name, ask := range map[string]func() (int, int){"nobody to ask": nil, "no answer": fixed(0, 0), "an error": fixed(-1, -1)} {
		t.Run(name, func(t *testing.T) {
			if got := play(t, ui.TTY, ui.Options{Size: ask}, script()); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}
