package report_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/joshdk/go-junit"

	"github.com/retort-ci/retort/pkg/report"
)

// What Write writes is what Jenkins' xUnit plugin accepts.
func TestSchema(t *testing.T) {
	files, err := filepath.Glob("testdata/*/*.golden.xml")
	if err != nil || len(files) < 20 {
		t.Fatalf("got %d golden files, %v", len(files), err)
	}
	dir := t.TempDir()
	for seed := range uint64(200) {
		name := filepath.Join(dir, fmt.Sprintf("%d.xml", seed))
		if err := os.WriteFile(name, write(t, generate(seed)), 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, name)
	}
	if complaint := xmllint(t, files...); complaint != "" {
		t.Errorf("%s", complaint)
	}
}

// The schema refuses what reporters like to write and Jenkins does not publish.
func TestSchemaRefuses(t *testing.T) {
	suite := func(inside string) string {
		return `<testsuite name="s" tests="1" failures="0" errors="0">` + inside + `</testsuite>`
	}
	for name, in := range map[string]string{
		"file of a case":         suite(`<testcase name="a" file="a.py"/>`),
		"attempt without a type": suite(`<testcase name="a"><rerunFailure message="m"/></testcase>`),
		"properties of a case":   suite(`<testcase name="a"><properties/></testcase>`),
		"no counters":            `<testsuite name="s"/>`,
		"skips of all suites":    `<testsuites skipped="1"/>`,
		"time with an exponent":  `<testsuites time="2e-05"/>`,
		"negative time":          `<testsuites time="-1.0"/>`,
		"case without a suite":   `<testsuites><testcase name="a"/></testsuites>`,
		"control character":      suite("<system-out>\x1b[31m</system-out>"),
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "in.xml")
			if err := os.WriteFile(file, []byte(in), 0o600); err != nil {
				t.Fatal(err)
			}
			if xmllint(t, file) == "" {
				t.Errorf("it accepts %s", in)
			}
			fixed := filepath.Join(t.TempDir(), "fixed.xml")
			if err := os.WriteFile(fixed, write(t, parse(t, []byte(in))), 0o600); err != nil {
				t.Fatal(err)
			}
			if complaint := xmllint(t, fixed); complaint != "" {
				t.Errorf("read and written again: %s", complaint)
			}
		})
	}
}

// Another reader finds the same cases.
func TestReadBack(t *testing.T) {
	for name, data := range samples(t, "read/*.xml") {
		t.Run(name, func(t *testing.T) { checkReadBack(t, parse(t, data)) })
	}
	for seed := range uint64(100) {
		checkReadBack(t, generate(seed))
	}
}

func checkReadBack(t *testing.T, want report.Report) {
	t.Helper()
	suites, err := junit.Ingest(write(t, want))
	if err != nil || len(suites) != len(want.Suites) {
		t.Fatalf("got %d suites, %v; want %d", len(suites), err, len(want.Suites))
	}
	for i, got := range suites {
		suite := want.Suites[i]
		c := suite.Counts()
		total := got.Totals
		if got.Name != suite.Name || total.Tests != c.Tests || total.Passed != c.Passed || total.Failed != c.Failed || total.Error != c.Errored || total.Skipped != c.Skipped {
			t.Errorf("got %s with %+v, want %s with %+v", got.Name, total, suite.Name, c)
		}
		if got.SystemOut != suite.SystemOut || got.SystemErr != suite.SystemErr {
			t.Errorf("got output %q and %q, want %q and %q", got.SystemOut, got.SystemErr, suite.SystemOut, suite.SystemErr)
		}
		for k, one := range got.Tests {
			checkCaseBack(t, one, suite.Cases[k])
		}
	}
}

func checkCaseBack(t *testing.T, got junit.Test, want report.Case) {
	t.Helper()
	status := map[junit.Status]report.Status{
		junit.StatusPassed: report.Passed, junit.StatusFailed: report.Failed,
		junit.StatusError: report.Errored, junit.StatusSkipped: report.Skipped,
	}
	if got.Name != want.Name || got.Classname != want.Class || status[got.Status] != want.Status || got.Message != want.Message {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if body, ok := errors.AsType[junit.Error](got.Error); ok && strings.TrimSpace(body.Body) != strings.TrimSpace(want.Text) {
		t.Errorf("got text %q, want %q", body.Body, want.Text)
	}
	if lost := want.Time - got.Duration; lost < 0 || lost > 2e3 {
		t.Errorf("got %v, want %v to the microsecond", got.Duration, want.Time)
	}
}
