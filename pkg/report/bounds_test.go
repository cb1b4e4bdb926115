package report

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

// A small file can make a large report: twelve bytes for a case.
func TestTooManyItems(t *testing.T) {
	for name, text := range map[string]string{
		"cases":      "<testsuite>" + strings.Repeat("<testcase/>", 100),
		"properties": "<testsuite>" + strings.Repeat("<property/>", 100),
		"suites":     strings.Repeat("<testsuite/>", 100),
		"nested":     strings.Repeat("<testsuite>", 100),
		"attempts":   "<testcase>" + strings.Repeat("<flakyFailure/>", 100),
	} {
		p := newParser(strings.NewReader(text))
		p.left = 10
		if err := p.run(); !errors.Is(err, ErrTooLarge) {
			t.Errorf("%s: got error %v", name, err)
		}
		if len(p.report().Suites) == 0 {
			t.Errorf("%s: nothing of it is given", name)
		}
	}
}

// However the elements are nested, their number is bounded.
func TestTooDeep(t *testing.T) {
	for _, begin := range []string{"", "<testsuite>", "<testcase>", "<testcase><failure>", "<testcase><flakyError>", "<testsuite><future>"} {
		p := newParser(strings.NewReader(begin + strings.Repeat("<a>", 2*maxDepth)))
		if err := p.run(); !errors.Is(err, errDeep) {
			t.Errorf("%s: got error %v", begin, err)
		}
	}
}

func TestTooManyEvents(t *testing.T) {
	for name, line := range map[string]string{
		"tests":    `{"Action":"run","Package":"p","Test":"TestA"}`,
		"packages": `{"Action":"skip","Package":"p"}`,
		"outputs":  `{"Action":"output","Package":"p","Test":"TestA/#","Output":"x"}`,
		"builds":   `{"Action":"build-output","ImportPath":"p#"}`,
	} {
		s := newGoStream()
		s.left = 10
		var in strings.Builder
		for i := range 100 {
			in.WriteString(strings.ReplaceAll(line, "#", strings.Repeat("#", i)) + "\n")
		}
		if err := s.read(strings.NewReader(in.String())); !errors.Is(err, ErrTooLarge) {
			t.Errorf("%s: got error %v", name, err)
		}
	}
}

// Plain text is parsed up to its bounds, and told as too large.
func TestTooMuchText(t *testing.T) {
	for name, bound := range map[string]func(*goText){
		"bytes": func(g *goText) { g.bytes = 100 },
		"lines": func(g *goText) { g.lines = 10 },
		"tests": func(g *goText) { g.tests = 10 },
	} {
		g := newGoText()
		bound(&g)
		for range 100 {
			g.add([]byte("--- FAIL: TestA (0.00s)\n"))
		}
		packages, err := g.parse()
		if !errors.Is(err, ErrTooLarge) || len(packages) != 1 || len(packages[0].Tests) == 0 {
			t.Errorf("%s: got %d packages, %v", name, len(packages), err)
		}
	}
}

// When there is no more room for output, each test keeps a little of its end.
func TestTailWithoutRoom(t *testing.T) {
	full := &room{used: keepAll}
	var last tail
	for range 1000 {
		last.write("a line of output\n", full)
	}
	last.write("the reason\n", full)
	lines := last.lines()
	if n := len(strings.Join(lines, "\n")); n > 3*keepLess || lines[len(lines)-1] != "the reason" {
		t.Errorf("kept %d bytes: %q", n, lines)
	}
}

// What is cut off and what is kept add up.
func TestTailCounts(t *testing.T) {
	r := &room{}
	var last tail
	written := 0
	for i := range 2000 {
		s := strings.Repeat("x", i) + "\n"
		written += len(s)
		last.write(s, r)
	}
	if last.lost+len(last.buf) != written || r.used != len(last.buf) {
		t.Errorf("wrote %d, lost %d, kept %d, counted %d", written, last.lost, len(last.buf), r.used)
	}
}

func TestLines(t *testing.T) {
	long := strings.Repeat("x", maxLine+1)
	l := newLines(strings.NewReader("a\n\n" + long + "\n" + long[:maxLine-1] + "\nlast"))
	for i, want := range []string{"a\n", "\n", long[:maxLine-maxLine%(64<<10)], long[:maxLine-1] + "\n", "last"} {
		got, err := l.next()
		if err != nil || !bytes.HasPrefix(got, []byte(want)) || len(got) > len(want)+1 {
			t.Errorf("line %d: got %d bytes, %v; want %d", i, len(got), err, len(want))
		}
	}
	if got, err := l.next(); err == nil {
		t.Errorf("got %q after the end", got)
	}
}
