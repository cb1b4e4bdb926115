package report_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/retort-ci/retort/pkg/report"
)

// Every dialect comes out in the words of Jenkins' schema; TestSchema holds the
// golden files against it.
func TestReadDialects(t *testing.T) {
	for name, data := range samples(t, "read/*.xml") {
		t.Run(name, func(t *testing.T) {
			golden(t, "read/"+name+".golden.xml", write(t, parse(t, data)))
		})
	}
}

func TestReadNothing(t *testing.T) {
	for name, tt := range map[string]struct {
		in   string
		want error
	}{
		"empty":         {"", report.ErrEmpty},
		"blank":         {" \n\t\n", report.ErrEmpty},
		"mark":          {"\ufeff", report.ErrEmpty},
		"declaration":   {`<?xml version="1.0"?>` + "\n", report.ErrEmpty},
		"text":          {"no tests were run\n", report.ErrNotJUnit},
		"other report":  {`<coverage><testsuite name="no suite"/></coverage>`, report.ErrNotJUnit},
		"web page":      {"<!DOCTYPE html><html><br><p>502 Bad Gateway</html>", report.ErrNotJUnit},
		"image":         {"\x89PNG\r\n\x1a\n\x00\x00<\x00<<", report.ErrNotJUnit},
		"archive":       {"PK\x03\x04\x14\x00", report.ErrNotJUnit},
		"go test -json": {`{"Action":"start","Package":"p"}`, report.ErrNotJUnit},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := report.Read(strings.NewReader(tt.in), 0)
			if !errors.Is(err, tt.want) || len(got.Suites) > 0 {
				t.Errorf("got %+v, %v; want %v", got, err, tt.want)
			}
		})
	}
}

// A suite without cases is a report all the same.
func TestReadNoCases(t *testing.T) {
	for in, suites := range map[string]int{"<testsuites/>": 0, `<testsuite name="a"/>`: 1, "<testsuites><testsuite/><testsuite/></testsuites>": 2} {
		if got := parse(t, []byte(in)); len(got.Suites) != suites || got.Counts().Tests != 0 {
			t.Errorf("%s: got %+v", in, got)
		}
	}
}

func TestReadFailingReader(t *testing.T) {
	broken := errors.New("connection reset")
	in := io.MultiReader(strings.NewReader(`<testsuite name="a"><testcase name="b"/><testcase name="c">`), iotest.ErrReader(broken))
	got, err := report.Read(in, 0)
	if !errors.Is(err, broken) {
		t.Errorf("got error %v, want %v", err, broken)
	}
	if c := got.Counts(); c.Passed != 1 || c.Errored != 1 {
		t.Errorf("got %+v, want the case before the break, and the one at it as errored", c)
	}
}

func TestReadTimes(t *testing.T) {
	for in, want := range map[string]time.Duration{
		"":             0,
		"1":            time.Second,
		"0.":           0,
		".5":           500 * time.Millisecond,
		" 1.5 ":        1500 * time.Millisecond,
		"1,234.5":      1234500 * time.Millisecond,
		"1,234,567":    1234567 * time.Second,
		"0,123":        123 * time.Millisecond,
		"12,5":         12500 * time.Millisecond,
		"0.123456789":  123456789,
		"0.1234567891": 123456789,
		"2e-05":        20 * time.Microsecond,
		"1.2E1":        12 * time.Second,
		"12ms":         12 * time.Millisecond,
		"-1":           0,
		"-1s":          0,
		"NaN":          0,
		"Inf":          4294967295 * time.Second,
		"1e300":        4294967295 * time.Second,
		"9999999999":   4294967295 * time.Second,
		"2540400h":     4294967295 * time.Second,
		"soon":         0,
	} {
		got := parse(t, []byte(`<testsuite><testcase time="`+in+`"/></testsuite>`))
		if got.Suites[0].Cases[0].Time != want || got.Suites[0].Time != want {
			t.Errorf("%q: got %v of a case, %v of its suite; want %v", in, got.Suites[0].Cases[0].Time, got.Suites[0].Time, want)
		}
	}
}

// What a suite says of its time goes before the sum of its cases, which run in
// parallel.
func TestReadSuiteTime(t *testing.T) {
	got := parse(t, []byte(`<testsuite time="1.5"><testcase time="1"/><testcase time="1"/></testsuite>`))
	if want := 1500 * time.Millisecond; got.Suites[0].Time != want {
		t.Errorf("got %v, want %v", got.Suites[0].Time, want)
	}
}

func TestReadTimestamps(t *testing.T) {
	zone := time.FixedZone("", 3600)
	for in, want := range map[string]time.Time{
		"2026-03-01T10:20:30Z":             time.Date(2026, 3, 1, 10, 20, 30, 0, time.UTC),
		"2026-03-01T10:20:30":              time.Date(2026, 3, 1, 10, 20, 30, 0, time.UTC),
		"2026-03-01T10:20:30.123456+01:00": time.Date(2026, 3, 1, 10, 20, 30, 123456000, zone),
		"2026-03-01 10:20:30":              time.Date(2026, 3, 1, 10, 20, 30, 0, time.UTC),
		"0000-01-01T00:00:00+23:00":        {},
		"yesterday":                        {},
	} {
		got := parse(t, []byte(`<testsuite timestamp="`+in+`"/>`)).Suites[0].Timestamp
		if !got.Equal(want) || got.Location() != time.UTC {
			t.Errorf("%q: got %v, want %v", in, got, want)
		}
	}
}
