package report_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/report"
)

func equal[T any](a, b T) bool { return reflect.DeepEqual(a, b) }

// Whatever a report holds, reading what was written gives it again.
func TestRoundTrip(t *testing.T) {
	for seed := range uint64(500) {
		want := generate(seed)
		data := write(t, want)
		if got := parse(t, data); !equal(got, want) {
			t.Fatalf("seed %d: got\n%+v\nwant\n%+v\nthrough\n%s", seed, got, want, data)
		}
	}
}

// A file is of a suite where all cases share it; the schema has no other place.
func TestWriteFiles(t *testing.T) {
	one := report.Case{Name: "one", File: "a_test.py"}
	other := report.Case{Name: "other", File: "b_test.py"}
	none := report.Case{Name: "none"}
	for want, cases := range map[string][]report.Case{"a_test.py": {one, one}, "": {one, other}, " ": {one, none}} {
		got := parse(t, write(t, report.Report{Suites: []report.Suite{{Cases: cases}}})).Suites[0].Cases[0].File
		if want == " " {
			want = ""
		}
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

type fullDisk struct{ left int }

var errDisk = errors.New("no space left on device")

func (d *fullDisk) Write(p []byte) (int, error) {
	if d.left -= len(p); d.left < 0 {
		return 0, errDisk
	}
	return len(p), nil
}

func TestWriteFullDisk(t *testing.T) {
	r := generate(1)
	size := len(write(t, r))
	for left := 0; left < size; left += 97 {
		if err := report.Write(&fullDisk{left}, r); !errors.Is(err, errDisk) {
			t.Fatalf("with room for %d of %d bytes: got error %v", left, size, err)
		}
	}
}

// generate makes a report that can be written without loss.
func generate(seed uint64) report.Report {
	g := generator{rand.New(rand.NewPCG(seed, 0))}
	var r report.Report
	for range g.IntN(4) {
		r.Suites = append(r.Suites, g.suite())
	}
	return r
}

type generator struct{ *rand.Rand }

func (g generator) suite() report.Suite {
	s := report.Suite{
		Name: g.text(), Hostname: g.text(), Time: g.time(), SystemOut: g.text(), SystemErr: g.text(),
	}
	if g.IntN(2) == 0 {
		s.Timestamp = time.Unix(g.Int64N(4e9), g.Int64N(1e9)).UTC()
	}
	for range g.IntN(3) {
		s.Properties = append(s.Properties, report.Property{Name: g.text(), Value: g.text()})
	}
	file := g.text()
	for range g.IntN(6) {
		c := g.testcase()
		c.File = file
		s.Cases = append(s.Cases, c)
	}
	return s
}

func (g generator) testcase() report.Case {
	c := report.Case{
		Name: g.text(), Class: g.text(), Time: g.time(), Status: report.Status(g.IntN(4)),
		Flaky: g.failures(), Rerun: g.failures(), SystemOut: g.text(), SystemErr: g.text(),
	}
	if c.Status != report.Passed {
		c.Message, c.Type, c.Text = g.text(), g.text(), g.text()
	}
	return c
}

func (g generator) failures() []report.Failure {
	var out []report.Failure
	for range max(g.IntN(6)-3, 0) {
		out = append(out, report.Failure{
			Error: g.IntN(2) == 0, Message: g.text(), Type: g.text(), Text: g.text(), SystemOut: g.text(), SystemErr: g.text(),
		})
	}
	return out
}

func (g generator) time() time.Duration {
	units := []time.Duration{1, time.Microsecond, time.Millisecond, time.Second, time.Hour}
	return time.Duration(g.IntN(2000)) * units[g.IntN(len(units))]
}

func (g generator) text() string {
	parts := []string{
		"TestA", "order total", " ", "\n", "\r\n", "\t", `"`, "'", "<", ">", "&", "&amp;", "&#27;", "]]>", "<![CDATA[", "-->",
		"é", "試験", "😀", "\u0085", "\u2028", "\x7f", "\ufffd", "1,5", "%s",
	}
	s := ""
	for range g.IntN(5) {
		s += parts[g.IntN(len(parts))]
	}
	if s != "" {
		s = fmt.Sprint(s, "x") // what is only white space counts as nothing
	}
	return s
}
