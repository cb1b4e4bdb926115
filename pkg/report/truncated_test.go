package report_test

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/report"
)

// Wherever a report breaks off, what stands before is given, in order, and no
// case counts as passed that would not have.
func TestReadTruncated(t *testing.T) {
	root := regexp.MustCompile(`<(j:)?testsuite`)
	for name, data := range samples(t, "read/*.xml") {
		if name == "bare" {
			continue // it has several roots, and is whole between them
		}
		t.Run(name, func(t *testing.T) {
			whole := parse(t, data)
			for n := root.FindIndex(data)[0] + 1; n < len(bytes.TrimSpace(data)); n++ {
				got, err := report.Read(bytes.NewReader(data[:n]), 0)
				broken, ok := errors.AsType[*report.TruncatedError](err)
				if !ok || broken.Line != 1+bytes.Count(data[:n], []byte("\n")) {
					t.Fatalf("of %d bytes: got error %v", n, err)
				}
				checkBeginning(t, got, whole)
			}
		})
	}
}

// checkBeginning wants the cases of got to be the first of whole, with the last
// one perhaps errored.
func checkBeginning(t *testing.T, got, whole report.Report) {
	t.Helper()
	var want []report.Row
	for row := range whole.Rows() {
		want = append(want, row)
	}
	i := 0
	for row := range got.Rows() {
		if i >= len(want) || row.Title() != want[i].Title() {
			t.Fatalf("case %d is %s", i, row.Title())
		}
		if row.Status == report.Passed && want[i].Status != report.Passed {
			t.Fatalf("%s counts as passed", row.Title())
		}
		i++
	}
}

func TestReadBreaksOffInCase(t *testing.T) {
	for in, want := range map[string]report.Case{
		`<testsuite><testcase name="a">`:                               {Name: "a", Status: report.Errored, Message: "the report breaks off inside this case"},
		`<testsuite><testcase name="a"><system-out>last wor`:           {Name: "a", Status: report.Errored, Message: "the report breaks off inside this case", SystemOut: "last wor"},
		`<testsuite><testcase name="a"><failure message="m">at li`:     {Name: "a", Status: report.Failed, Message: "m", Text: "at li"},
		`<testsuite><testcase name="a"><failure/></testcase><testcas`:  {Name: "a", Status: report.Failed},
		`<testsuite><testcase name="a"><skipped/><system-out>x & y <<`: {Name: "a", Status: report.Skipped, SystemOut: "x & y "},
	} {
		got, err := report.Read(strings.NewReader(in), 0)
		if broken, ok := errors.AsType[*report.TruncatedError](err); !ok || !strings.HasPrefix(broken.Error(), "the report breaks off in line 1: ") {
			t.Errorf("%s: got error %v", in, err)
		}
		if len(got.Suites) != 1 || len(got.Suites[0].Cases) != 1 || !equal(got.Suites[0].Cases[0], want) {
			t.Errorf("%s: got %+v", in, got)
		}
	}
}

// counted counts the bytes that are read of it.
type counted struct {
	r io.Reader
	n int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// endless repeats its text.
type endless struct {
	text string
	at   int
}

func (e *endless) Read(p []byte) (int, error) {
	n := copy(p, e.text[e.at:])
	e.at = (e.at + n) % len(e.text)
	return n, nil
}

// A report of a gigabyte is not read whole.
func TestReadLimit(t *testing.T) {
	const limit = 64 << 10
	for name, text := range map[string]string{
		"cases":   `<testcase name="a" time="1"/>` + "\n",
		"output":  "x",
		"suites":  "<testsuite>",
		"comment": "<!-- ",
	} {
		t.Run(name, func(t *testing.T) {
			begin := `<testsuite name="a"><testcase name="first"/><system-out>`
			if name != "output" {
				begin = strings.TrimSuffix(begin, "<system-out>")
			}
			in := &counted{r: io.MultiReader(strings.NewReader(begin), &endless{text: text})}
			got, err := report.Read(in, limit)
			if _, broken := errors.AsType[*report.TruncatedError](err); !errors.Is(err, report.ErrTooLarge) && !broken {
				t.Errorf("got error %v", err)
			}
			if in.n > limit+1 {
				t.Errorf("read %d bytes", in.n)
			}
			if c := got.Counts(); c.Passed < 1 {
				t.Errorf("got %+v, want what was read before", c)
			}
		})
	}
}

func TestReadExactlyTheLimit(t *testing.T) {
	data := []byte(`<testsuite name="a"><testcase name="b"/></testsuite>`)
	if _, err := report.Read(bytes.NewReader(data), int64(len(data))); err != nil {
		t.Error(err)
	}
	if _, err := report.Read(bytes.NewReader(data), int64(len(data)-1)); !errors.Is(err, report.ErrTooLarge) {
		t.Errorf("got error %v", err)
	}
}
