package ui

import "strings"

// unlimited is how many bytes of the first lines, and how many of the last ones,
// are held back of a suite when no limit is set. What a test says of its failure
// stands at one of the two.
const unlimited = 1 << 20

// held is what a suite has printed so far, in bounded memory: its first lines
// and its last.
type held struct {
	keep  int    // bytes of either
	lines int    // in all
	first int    // lines that were the first
	size  int    // bytes of them
	head  []byte // the first lines, whole; none where they were shown at once
	full  bool   // what comes now is for the tail
	tail  ring
}

func newHeld(keep int) *held { return &held{keep: keep, tail: ring{size: keep}} }

// add says whether the line is one of the first. It keeps the others.
func (h *held) add(line string) (first bool) {
	h.lines++
	h.full = h.full || h.size+len(line)+1 > h.keep
	if h.full {
		h.tail.write(line)
		h.tail.write("\n")
		return false
	}
	h.first++
	h.size += len(line) + 1
	return true
}

// ring keeps the end of what is written to it.
type ring struct {
	size int
	kept []byte
	next int  // where the oldest byte is, once all is full
	lost bool // something was overwritten
}

func (r *ring) write(text string) {
	for text != "" && r.size > 0 {
		n := min(len(text), r.size-len(r.kept))
		if n > 0 {
			r.kept = append(r.kept, text[:n]...)
		} else {
			n = copy(r.kept[r.next:], text)
			r.next, r.lost = (r.next+n)%r.size, true
		}
		text = text[n:]
	}
}

// text is what was kept, from the first whole line on.
func (r *ring) text() string {
	text := string(r.kept[r.next:]) + string(r.kept[:r.next])
	if r.lost {
		_, text, _ = strings.Cut(text, "\n")
	}
	return text
}
