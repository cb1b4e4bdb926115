package structure

import (
	"bytes"
	"strconv"
)

// splitter divides a stream at its markers. What follows a marker up to the
// line's end is an exit code.
type splitter struct {
	marker  []byte // begins with the only line end in it
	parts   []capture
	pending []byte // what may be the beginning of a marker
}

func newSplitter(marker string) splitter {
	return splitter{marker: []byte(marker), parts: make([]capture, 1)}
}

// Write never fails.
func (s *splitter) Write(p []byte) (int, error) {
	s.pending = append(s.pending, p...)
	for {
		at := bytes.Index(s.pending, s.marker)
		if at < 0 {
			break
		}
		s.keep(at)
		s.pending = s.pending[len(s.marker):]
		s.parts = append(s.parts, capture{})
	}
	// A marker that has begun does so at a line end not far from the end.
	near := max(0, len(s.pending)-len(s.marker)+1)
	if at := bytes.IndexByte(s.pending[near:], '\n'); at >= 0 {
		s.keep(near + at)
	} else {
		s.keep(len(s.pending))
	}
	return len(p), nil
}

// keep hands on the first n of what is pending.
func (s *splitter) keep(n int) {
	s.parts[len(s.parts)-1].write(s.pending[:n])
	s.pending = append(s.pending[:0], s.pending[n:]...)
}

// finish hands on what was held back.
func (s *splitter) finish() { s.keep(len(s.pending)) }

// code is the exit code behind the marker that ends part i.
func (s *splitter) code(i int) (int, bool) {
	if i+1 >= len(s.parts) {
		return 0, false
	}
	line, _, ok := bytes.Cut(s.parts[i+1].kept, []byte("\n"))
	code, err := strconv.Atoi(string(line))
	return code, ok && err == nil
}

// part is what stands between two markers, without the code of the first.
func (s *splitter) part(i int) capture {
	if i >= len(s.parts) {
		return capture{}
	}
	p := s.parts[i]
	if i > 0 {
		_, p.kept, _ = bytes.Cut(p.kept, []byte("\n"))
	}
	return p
}
