package ui

import (
	"fmt"
	"strings"
	"testing"
)

const keep = unlimited

// TestHeldMemory adds a million lines of each length and looks at what is kept.
func TestHeldMemory(t *testing.T) {
	const lines = 1_000_000
	for _, length := range []int{0, 1, 30} {
		h := newHeld(keep)
		line := strings.Repeat("x", length)
		for range lines {
			h.add(line)
		}
		if h.size > keep || cap(h.tail.kept) > 2*keep {
			t.Errorf("lines of %d: %d and %d bytes are kept, want at most %d each", length, h.size, cap(h.tail.kept), keep)
		}
		shown := h.first + strings.Count(h.tail.text(), "\n")
		if want := min(lines, 2*keep/(length+1)); h.lines != lines || shown > want || shown < want-2 {
			t.Errorf("lines of %d: %d of %d are kept, want %d", length, shown, h.lines, want)
		}
	}
}

// TestHeldIsWhole compares with the lines themselves, around the bounds.
func TestHeldIsWhole(t *testing.T) {
	for _, length := range []int{keep/2 - 1, keep / 3, keep / 7, keep - 1, keep, keep + 1, 3 * keep} {
		for count := 1; count < 12; count++ {
			h := newHeld(keep)
			var all []string
			for i := range count {
				line := fmt.Sprintf("%-*d\n", length, i)
				all = append(all, line)
				h.add(strings.TrimSuffix(line, "\n"))
			}
			tail := h.tail.text()
			last := strings.Count(tail, "\n")
			if h.size != len(strings.Join(all[:h.first], "")) || tail != strings.Join(all[count-last:], "") || h.first+last > count {
				t.Errorf("%d lines of %d: %d and %d are kept, not as they were", count, length, h.first, last)
			}
			if (length+1)*count <= 2*keep-length && h.first+last < count {
				t.Errorf("%d lines of %d: %d and %d are kept, but all fit", count, length, h.first, last)
			}
		}
	}
}
