package progress_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/retort-ci/retort/pkg/progress"
)

// texts is a Sink that keeps the texts of events.
type texts struct{ all []string }

func (s *texts) Emit(e progress.Event) { s.all = append(s.all, e.Text) }

func TestLines(t *testing.T) {
	long := strings.Repeat("x", 64<<10)
	for name, c := range map[string]struct {
		writes []string
		want   []string
	}{
		"nothing":               {nil, nil},
		"whole lines":           {[]string{"a\nb\n"}, []string{"a", "b"}},
		"split over writes":     {[]string{"he", "l", "lo\nwo", "rld\n"}, []string{"hello", "world"}},
		"newline alone":         {[]string{"a", "\n", "\n", "b\n"}, []string{"a", "", "b"}},
		"unfinished":            {[]string{"a\nb"}, []string{"a", "b"}},
		"carriage return":       {[]string{"a\r\nb\r", "\nc\n"}, []string{"a", "b", "c"}},
		"as long as may be":     {[]string{long + "\n"}, []string{long}},
		"longer":                {[]string{long + "y\n"}, []string{long, "y"}},
		"much longer":           {[]string{long + long + long}, []string{long, long, long}},
		"longer, over writes":   {[]string{long[:60_000], long[60_000:] + "yy", "y\nz\n"}, []string{long, "yyy", "z"}},
		"long in a short write": {[]string{long, "\n", "z\n"}, []string{long, "z"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := &texts{}
			l := progress.NewLines(got, progress.Event{Kind: progress.Log})
			for _, w := range c.writes {
				if n, err := l.Write([]byte(w)); n != len(w) || err != nil {
					t.Errorf("write took %d of %d bytes, %v", n, len(w), err)
				}
			}
			if err := l.Close(); err != nil {
				t.Error(err)
			}
			if !slices.Equal(got.all, c.want) {
				t.Errorf("emitted %d lines of %v bytes", len(got.all), lengths(got.all))
			}
		})
	}
}

func lengths(lines []string) []int {
	n := make([]int, len(lines))
	for i, l := range lines {
		n[i] = len(l)
	}
	return n
}

func TestLinesCarryTheTemplate(t *testing.T) {
	var got progress.Event
	l := progress.NewLines(progress.Func(func(e progress.Event) { got = e }),
		progress.Event{Kind: progress.Log, Stage: "test", Subject: "e2e", Stderr: true})
	if _, err := l.Write([]byte("text\n")); err != nil {
		t.Fatal(err)
	}
	if want := (progress.Event{Kind: progress.Log, Stage: "test", Subject: "e2e", Stderr: true, Text: "text"}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestLinesOfSeveralWriters(t *testing.T) {
	got := &texts{}
	l := progress.NewLines(got, progress.Event{})
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for n := range 100 {
				_, _ = fmt.Fprintf(l, "writer %d line %d\n", i, n)
			}
		})
	}
	wg.Wait()
	if len(got.all) != 400 || slices.Contains(got.all, "") {
		t.Errorf("%d lines, want 400 whole ones", len(got.all))
	}
}
