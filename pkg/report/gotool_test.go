package report_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/retort-ci/retort/pkg/report"
)

// What the go command that runs this test says of a module, with events and
// without. Plain text does not tell what a test printed from what package
// testing did, nor whose a panic is.
func TestFromRealGoTest(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles five packages")
	}
	dir := t.TempDir()
	archive, err := txtar.ParseFile(filepath.Join("testdata", "module.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	if err := txtar.Write(archive, dir); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"good.TestPass":            "passed",
		"good.TestPass/one":        "passed",
		"good.TestPass/two_words":  "passed",
		"good.TestSkip":            "skipped: no printer",
		"bad.TestFail":             "failed: got 1",
		"bad.TestPanic":            "failed: panic: boom [recovered, repanicked]",
		"exits.TestExit":           "errored: the test has no result",
		"outside.TestPass":         "passed",
		"outside.[package failed]": "errored: the package failed outside of its tests",
		"broken.[build failed]":    "errored: the package could not be built",
	}
	checkGoTest(t, goTest(t, dir, "-json"), want)
	want["bad.TestPanic"], want["good.TestNobody"] = "failed: failed", "failed: failed"
	checkGoTest(t, goTest(t, dir, "-v"), want)
}

func checkGoTest(t *testing.T, output []byte, want map[string]string) {
	t.Helper()
	got, err := report.FromGoTest(bytes.NewReader(output))
	if err != nil {
		t.Fatal(err)
	}
	if got := results(got); !equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

// goTest runs go test, which fails, and gives its output.
func goTest(t *testing.T, dir, flag string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "test", flag, "./...")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=", "GOTOOLCHAIN=local")
	out, err := cmd.CombinedOutput()
	if err == nil {
		t.Fatalf("go test passes:\n%s", out)
	}
	return out
}

// results names the result of every case, by its package and its name.
func results(r report.Report) map[string]string {
	out := map[string]string{}
	for row := range r.Rows() {
		s := row.Status.String()
		if line := row.Headline(); line != "" {
			s += ": " + line
		}
		out[strings.TrimPrefix(row.Suite, "example.com/m/")+"."+row.Name] = s
	}
	return out
}
