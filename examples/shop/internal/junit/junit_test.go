package junit_test

import (
	"context"
	"encoding/xml"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/retort-ci/retort/examples/shop/internal/junit"
)

// TestSuite is no test but what the tests below run: this test binary again,
// told by the environment how to end.
func TestSuite(t *testing.T) {
	switch os.Getenv("SUITE_ENDS") {
	case "":
		t.Skip("only run by the other tests")
	case "fail":
		t.Error("tea is out")
	case "exit":
		os.Exit(7)
	case "panic":
		panic("kettle exploded")
	}
}

type report struct {
	Suites []struct {
		Name     string `xml:"name,attr"`
		Tests    int    `xml:"tests,attr"`
		Failures int    `xml:"failures,attr"`
		Errors   int    `xml:"errors,attr"`
	} `xml:"testsuite"`
}

// run runs TestSuite and reads the report back.
func run(t *testing.T, ends string) (code int, got report) {
	t.Helper()
	t.Setenv("SUITE_ENDS", ends)
	path := filepath.Join(t.TempDir(), "tea.xml")
	code, err := junit.Run(t.Context(), path, io.Discard, os.Args[0], "-test.run=^TestSuite$")
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := xml.Unmarshal(data, &got); err != nil {
		t.Fatalf("read %s: %v", data, err)
	}
	if len(got.Suites) == 0 || got.Suites[0].Name != "tea" {
		t.Errorf("the report is %s, want a suite named tea", data)
	}
	return code, got
}

// The report says the same as the exit code, however the suite ended.
func TestRun(t *testing.T) {
	for ends, want := range map[string]int{"pass": 0, "fail": 1, "panic": 2, "exit": 7} {
		t.Run(ends, func(t *testing.T) {
			code, got := run(t, ends)
			if code != want {
				t.Errorf("exit code %d, want %d", code, want)
			}
			cases, bad := 0, 0
			for _, s := range got.Suites {
				cases, bad = cases+s.Tests, bad+s.Failures+s.Errors
			}
			if cases == 0 || (bad > 0) != (want > 0) {
				t.Errorf("%d of %d cases are bad, at exit code %d", bad, cases, code)
			}
		})
	}
}

func TestRunHasNoVerdict(t *testing.T) {
	dir := t.TempDir()
	if _, err := junit.Run(t.Context(), filepath.Join(dir, "r.xml"), io.Discard, filepath.Join(dir, "absent.test")); err == nil {
		t.Error("a binary that is not there ran")
	}
	if _, err := junit.Run(t.Context(), filepath.Join(dir, "absent", "r.xml"), io.Discard, os.Args[0], "-test.run=^$"); err == nil {
		t.Error("a report was written to a folder that is not there")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := junit.Run(ctx, filepath.Join(dir, "r.xml"), io.Discard, os.Args[0], "-test.run=^$"); err == nil {
		t.Error("a cancelled run has a verdict")
	}
}
