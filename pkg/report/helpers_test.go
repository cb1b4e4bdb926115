package report_test

import (
	"bytes"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/report"
)

var update = flag.Bool("update", false, "write the golden files")

// golden compares with a file below testdata, or writes it.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	name = filepath.Join("testdata", filepath.FromSlash(name))
	if *update {
		if err := os.WriteFile(name, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
	}
}

// samples are the files below testdata that match, by their names without the
// ending.
func samples(t testing.TB, pattern string) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", filepath.FromSlash(pattern)))
	if err != nil || len(files) == 0 {
		t.Fatalf("no file matches %s: %v", pattern, err)
	}
	out := map[string][]byte{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(file)
		if !strings.Contains(name, ".golden.") {
			out[strings.TrimSuffix(name, filepath.Ext(name))] = data
		}
	}
	return out
}

// parse reads a report that is whole.
func parse(t testing.TB, data []byte) report.Report {
	t.Helper()
	r, err := report.Read(bytes.NewReader(data), 0)
	if err != nil {
		t.Fatalf("%v, in\n%s", err, data)
	}
	return r
}

func write(t testing.TB, r report.Report) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := report.Write(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// xmllint says what is wrong with the files by Jenkins' schema, empty if
// nothing is. Without the tool a test is skipped, except where it is a CI's.
func xmllint(t *testing.T, files ...string) string {
	t.Helper()
	tool, err := exec.LookPath("xmllint")
	if err != nil && os.Getenv("CI") == "true" {
		t.Fatal("xmllint is missing: install libxml2-utils")
	}
	if err != nil {
		t.Skip("xmllint is missing: install libxml2-utils")
	}
	args := append([]string{"--noout", "--nonet", "--huge", "--schema", filepath.Join("testdata", "junit-10.xsd")}, files...)
	out, err := exec.CommandContext(t.Context(), tool, args...).CombinedOutput()
	if err != nil {
		return string(out)
	}
	return ""
}
