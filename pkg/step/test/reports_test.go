package test_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/progress"
	"github.com/retort-ci/retort/pkg/step/test"
)

// keys are the sorted names of files.
func keys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }

// junitText is the least that a report can say.
const junitText = `<testsuite name="s"><testcase name="c" classname="k"/></testsuite>`

func TestReports(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		commands []string
		globs    []string
		want     []string
		warning  string
	}{
		"one directory": {
			[]string{"write", "/reports/a.xml", junitText, ";", "write", "/reports/b.txt", "b"},
			[]string{"/reports/*.xml"},
			[]string{"a.xml"},
			"",
		},
		"deeper": {
			[]string{"write", "/out/mod1/reports/a.xml", junitText, ";", "write", "/out/mod2/reports/a.xml", junitText},
			[]string{"/out/*/reports/*.xml"},
			[]string{"mod1/reports/a.xml", "mod2/reports/a.xml"},
			"",
		},
		"at any depth": {
			[]string{"write", "/out/a.xml", junitText, ";", "write", "/out/x/a.xml", junitText, ";", "write", "/out/x/y/z/TEST-b.xml", junitText, ";", "write", "/out/x/y/b.txt", "b"},
			[]string{"/out/**/*.xml"},
			[]string{"a.xml", "x/a.xml", "x/y/z/TEST-b.xml"},
			"",
		},
		"one of several directories": {
			[]string{"write", "/out/unit/a.xml", junitText, ";", "write", "/out/e2e/a.xml", junitText, ";", "write", "/out/other/a.xml", junitText},
			[]string{"/out/{unit,e2e}/*.xml"},
			[]string{"e2e/a.xml", "unit/a.xml"},
			"",
		},
		"equal names": {
			[]string{"write", "/one/a.xml", junitText, ";", "write", "/two/a.xml", junitText},
			[]string{"/one/*.xml", "/two/*.xml"},
			[]string{"one/a.xml", "two/a.xml"},
			"",
		},
		"matched twice": {
			[]string{"write", "/reports/a.xml", junitText},
			[]string{"/reports/*.xml", "/reports/a*"},
			[]string{"a.xml"},
			"",
		},
		"named": {[]string{"write", "/r.xml", junitText}, []string{"/r.xml"}, []string{"r.xml"}, ""},
		"a symbolic link": {
			[]string{"write", "/reports/a.xml", junitText, ";", "symlink", "/etc/hosts", "/reports/b.xml"},
			[]string{"/reports/*.xml"},
			[]string{"a.xml"},
			"/reports/b.xml is left out",
		},
		"a linked directory": {
			[]string{"write", "/elsewhere/a.xml", junitText, ";", "symlink", "/elsewhere", "/reports"},
			[]string{"/reports/*.xml"},
			[]string{"a.xml"},
			"",
		},
		"too large": {
			[]string{"big", "/reports/a.xml", "300000000", ";", "write", "/reports/b.xml", junitText},
			[]string{"/reports/*.xml"},
			[]string{"b.xml"},
			"/reports/a.xml is left out",
		},
		"a directory": {
			[]string{"write", "/reports/d.xml/a", "1"},
			[]string{"/reports/*.xml"},
			[]string{"retort.xml"},
			"/reports/d.xml is left out",
		},
		"a name of ours": {
			[]string{"write", "/reports/retort.xml", junitText, ";", "exit", "1"},
			[]string{"/reports/*.xml"},
			[]string{"retort.1.xml", "retort.xml"},
			"",
		},
		"none":          {[]string{"echo"}, []string{"/reports/*.xml"}, []string{"retort.xml"}, "matches /reports/*.xml"},
		"not asked for": {[]string{"write", "/reports/a.xml", junitText}, nil, []string{"retort.xml"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			s := b.suite("unit", c.commands...)
			s.Reports = c.globs
			out := b.outcome(t, s)
			dir := filepath.Join(b.opts.Reports, "unit")
			if got := keys(files(t, dir)); !slices.Equal(got, c.want) {
				t.Errorf("reports are %q, want %q", got, c.want)
			}
			var told []string
			for _, path := range out.Reports {
				rel, _ := filepath.Rel(dir, path)
				told = append(told, filepath.ToSlash(rel))
			}
			slices.Sort(told)
			if !slices.Equal(told, c.want) {
				t.Errorf("told %q, want %q", told, c.want)
			}
			if warnings := b.events.texts(progress.Warning); !strings.Contains(warnings, c.warning) || (c.warning == "") != (warnings == "") {
				t.Errorf("warned %q, want %q", warnings, c.warning)
			}
		})
	}
}

// No report is counted twice: what an earlier run wrote goes, other suites' stay.
func TestOldReportsGo(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, name := range []string{"unit/old.xml", "other/kept.xml"} {
		path := filepath.Join(b.opts.Reports, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := b.suite("unit", "write", "/reports/new.xml", "new")
	s.Reports = []string{"/reports/*.xml"}
	b.outcome(t, s)
	if got, want := keys(files(t, b.opts.Reports)), []string{"other/kept.xml", "unit/new.xml", "unit/retort.xml"}; !slices.Equal(got, want) {
		t.Errorf("reports are %q, want %q", got, want)
	}
}

// A suite that wrote no report has one of its own, with its last lines.
func TestReportOfASuiteWithoutReports(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if got := b.outcome(t, b.suite("unit", "echo", "the reason", ";", "exit", "4")); got.Verdict != test.Failed {
		t.Fatalf("verdict is %s", got.Verdict)
	}
	report := files(t, b.opts.Reports)["unit/retort.xml"]
	for _, want := range []string{`failures="1"`, "failed: exit code 4", "the reason"} {
		if !strings.Contains(report, want) {
			t.Errorf("the report has no %q:\n%s", want, report)
		}
	}
	if strings.Contains(report, `time="0.000"`) {
		t.Errorf("the report has no time:\n%s", report)
	}
}

// What suites write is read back: told when it is no report, mended where CI
// systems would choke on it, and counted.
func TestReportsAreReadBack(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text    string
		warning string
		cases   int    // the container's own where there is none
		written string // what the file must hold then
	}{
		"good":       {junitText, "", 1, `name="c"`},
		"control":    {"<testsuite name=\"s\"><testcase name=\"a\x1b[31mb\"/></testsuite>", "", 1, `name="a[31mb"`},
		"truncated":  {junitText[:len(junitText)-12] + `<testcase name="d"><failure>half`, "a.xml breaks off at line 1", 2, `name="c"`},
		"empty":      {"", "a.xml is left as it is", 1, ""},
		"not a test": {"<html/>", "a.xml is left as it is", 1, "<html/>"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			s := b.suite("unit", "write", "/reports/a.xml", c.text)
			s.Reports = []string{"/reports/*.xml"}
			out := b.outcome(t, s)
			if got := out.Cases.Counts().Tests; got != c.cases {
				t.Errorf("%d cases were read, want %d", got, c.cases)
			}
			if got := files(t, b.opts.Reports)["unit/a.xml"]; !strings.Contains(got, c.written) || strings.Contains(got, "\x1b") {
				t.Errorf("the file is %q", got)
			}
			if warnings := b.events.texts(progress.Warning); !strings.Contains(warnings, c.warning) || (c.warning == "") != (warnings == "") {
				t.Errorf("warned %q, want %q", warnings, c.warning)
			}
		})
	}
}
