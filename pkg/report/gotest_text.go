package report

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/jstemmer/go-junit-report/v2/gtr"
	"github.com/jstemmer/go-junit-report/v2/parser/gotest"
)

// Bounds of the plain text that go-junit-report parses. It keeps 200 bytes for
// each line, and for a line about a test it looks through all tests of the
// package: ten thousand of them take seconds, and three times as many half a
// minute. Events are not bound by this.
const (
	maxText      = 8 << 20 // bytes
	maxTextLines = 200_000
	maxTextTests = 20_000 // lines that are about a test
)

// goText collects the lines that are no events, for go-junit-report's parser of
// plain output.
type goText struct {
	buf  []byte
	full bool
	// What may still come.
	bytes, lines, tests int
}

func newGoText() goText {
	return goText{bytes: maxText, lines: maxTextLines, tests: maxTextTests}
}

func (t *goText) add(line []byte) {
	t.bytes -= len(line)
	t.lines--
	if aboutTest(line) {
		t.tests--
	}
	t.full = t.full || min(t.bytes, t.lines, t.tests) < 0
	if !t.full {
		t.buf = append(t.buf, line...)
	}
}

func aboutTest(line []byte) bool {
	return bytes.HasPrefix(line, []byte("=== ")) || bytes.Contains(line, []byte("--- ")) || bytes.HasPrefix(line, []byte("Benchmark"))
}

// parse gives the packages that the text tells of. One that goes beyond the
// bounds is parsed up to them, and told as too large.
func (t *goText) parse() ([]gtr.Package, error) {
	p := gotest.NewParser(gotest.TimestampFunc(func() time.Time { return time.Time{} }))
	r, err := p.Parse(strings.NewReader(clean(string(t.buf))))
	if err == nil && t.full {
		err = ErrTooLarge
	}
	// Build errors without a package come in the order of a map.
	slices.SortStableFunc(r.Packages, func(a, b gtr.Package) int { return cmp.Compare(orphan(a), orphan(b)) })
	return r.Packages, err
}

// orphan numbers the build errors that no line told as a package's; everything
// else is 0.
func orphan(p gtr.Package) int {
	if p.BuildError.Name != "" && p.BuildError.Cause == "" {
		return p.BuildError.ID
	}
	return 0
}

// nothing says what a text is in which no test was found.
func (t *goText) nothing() error {
	if len(bytes.TrimSpace(t.buf)) == 0 {
		return ErrEmpty
	}
	return ErrNotGoTest
}
