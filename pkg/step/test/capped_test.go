package test

import (
	"errors"
	"strings"
	"sync"
	"testing"
)

// What a container prints beyond the limit is taken all the same, or it would
// hang or fail for its log.
func TestCapped(t *testing.T) {
	for name, c := range map[string]struct {
		writes []string
		want   string
		full   int
	}{
		"less":         {[]string{"12", "34"}, "1234", 0},
		"just as much": {[]string{"1234", "5678", ""}, "12345678", 0},
		"one more":     {[]string{"12345678", "9"}, "12345678", 1},
		"cut in two":   {[]string{"12345", "67890"}, "12345678", 1},
		"at once":      {[]string{"123456789012"}, "12345678", 1},
		"on and on":    {[]string{"123456789", "a", "", "b", "123456789"}, "12345678", 1},
	} {
		var kept strings.Builder
		told := 0
		w := &capped{w: &kept, left: 8, full: func() { told++ }}
		for _, text := range c.writes {
			if n, err := w.Write([]byte(text)); n != len(text) || err != nil {
				t.Errorf("%s: %q gave %d, %v", name, text, n, err)
			}
		}
		if kept.String() != c.want || told != c.full {
			t.Errorf("%s: kept %q, told %d times; want %q, %d", name, kept.String(), told, c.want, c.full)
		}
	}
}

// Stdout and stderr share a file, and each is written as it comes.
func TestCappedByTwo(t *testing.T) {
	var kept strings.Builder
	told := 0
	w := &capped{w: &kept, left: 1000, full: func() { told++ }}
	var group sync.WaitGroup
	for range 2 {
		group.Go(func() {
			for range 300 {
				_, _ = w.Write([]byte("1234567"))
			}
		})
	}
	group.Wait()
	if kept.Len() != 1000 || told != 1 {
		t.Errorf("kept %d bytes, told %d times; want 1000, once", kept.Len(), told)
	}
}

type brokenWriter struct{ err error }

func (w brokenWriter) Write([]byte) (int, error) { return 0, w.err }

// A disk that is full is no smaller limit.
func TestCappedTellsErrors(t *testing.T) {
	full := errors.New("no space left")
	for _, text := range []string{"1234", "123456789"} {
		var told []error
		w := &capped{w: brokenWriter{full}, left: 8, full: func() {}, broken: func(err error) { told = append(told, err) }}
		if _, err := w.Write([]byte(text)); !errors.Is(err, full) {
			t.Errorf("%q: error is %v, want %v", text, err, full)
		}
		if _, _ = w.Write([]byte("1")); len(told) != 1 || !errors.Is(told[0], full) {
			t.Errorf("%q: told %v", text, told)
		}
	}
}
