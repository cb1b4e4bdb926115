package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/jstemmer/go-junit-report/v2/gtr"
)

// FromGoTest reads the output of go test -json, or what go test -v writes
// without it. The packages may be interleaved, and lines of other programs may
// stand between. A package that could not be built or that ended badly outside
// of its tests has a case that says so; one without tests is left out.
//
// Of the output of each test the end is kept, so that the memory is bounded
// however much is written. The errors are [ErrEmpty], [ErrNotGoTest],
// [ErrTooLarge], a [*TruncatedError], or the one of r. With the last three comes
// what was read before; a test that has no result counts as errored.
func FromGoTest(r io.Reader) (Report, error) {
	s := newGoStream()
	err := s.read(r)
	packages, textErr := s.finish()
	out := fromPackages(packages)
	if err = errors.Join(err, textErr); err != nil {
		return out, fmt.Errorf("read the output of go test: %w", err)
	}
	if s.cut || len(s.open) > 0 {
		return out, &TruncatedError{Line: max(s.lines, 1), Err: io.ErrUnexpectedEOF}
	}
	if s.events == 0 && len(out.Suites) == 0 {
		return out, fmt.Errorf("read the output of go test: %w", s.text.nothing())
	}
	return out, nil
}

// goStream is the output while it is read.
type goStream struct {
	packages []*goPackage
	open     map[string]*goPackage // those that have not ended, by import path
	builds   goBuilds
	text     goText
	room     *room

	lines  int
	events int
	left   int  // of packages and tests that may still come
	cut    bool // the last line is the beginning of an event
}

func newGoStream() *goStream {
	return &goStream{open: map[string]*goPackage{}, builds: goBuilds{}, text: newGoText(), room: &room{}, left: maxItems}
}

// read takes all lines.
func (s *goStream) read(r io.Reader) error {
	lines := newLines(r)
	for {
		line, err := lines.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		s.lines++
		if err := s.line(line); err != nil {
			return err
		}
	}
}

func (s *goStream) line(line []byte) error {
	e, ok := parseEvent(line)
	if !ok {
		s.cut = line[0] == '{' && !bytes.HasSuffix(line, []byte("\n")) && !json.Valid(line)
		s.text.add(line)
		return nil
	}
	s.events++
	if e.ofBuild() {
		return s.buildEvent(e)
	}
	p, err := s.packageOf(e)
	if err != nil {
		return err
	}
	if e.Test == "" && e.ends() {
		delete(s.open, e.Package)
	}
	return s.count(p.event(e, s.room))
}

func (s *goStream) buildEvent(e event) error {
	began := s.builds.event(e, s.room)
	return s.count(began)
}

// packageOf is the open package of an event. One that ended begins anew: some
// programs repeat the packages that failed.
func (s *goStream) packageOf(e event) (*goPackage, error) {
	if p := s.open[e.Package]; p != nil {
		return p, nil
	}
	p := newGoPackage(e)
	s.open[e.Package] = p
	s.packages = append(s.packages, p)
	return p, s.count(true)
}

// count refuses an output that would grow beyond all measure in memory.
func (s *goStream) count(began bool) error {
	if began {
		s.left--
	}
	if s.left < 0 {
		return ErrTooLarge
	}
	return nil
}

// finish gives the packages that the events tell of. What the compiler said
// stands among the other lines if go test is older than 1.24. An output without
// any event is all text.
func (s *goStream) finish() ([]gtr.Package, error) {
	text, err := s.text.parse()
	if s.events == 0 {
		return text, err
	}
	s.builds.addText(text)
	out := make([]gtr.Package, 0, len(s.packages))
	for _, p := range s.packages {
		out = append(out, p.finish(s.builds))
	}
	return append(out, s.builds.untold()...), nil
}
