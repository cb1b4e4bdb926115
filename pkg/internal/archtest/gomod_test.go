package archtest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/internal/archtest"
)

func TestModulesFound(t *testing.T) {
	m := goMod(t, `module example.com/root
require (
	example.com/shared v1.0.0
	github.com/twmb/franz-go v1.22.2 // indirect
)
replace example.com/shared => ../shared
`)
	var found []string
	for _, v := range archtest.CheckModules(m, archtest.Excluded()) {
		found = append(found, v.What)
	}
	want := "replaces example.com/shared; requires github.com/twmb/franz-go"
	if got := strings.Join(found, "; "); got != want {
		t.Errorf("found %q, want %q", got, want)
	}
}

func TestGoModThatIsNone(t *testing.T) {
	if _, err := archtest.ReadGoMod(t.Context(), t.TempDir()); err == nil || !strings.Contains(err.Error(), "go.mod") {
		t.Errorf("got %v, want an error that names go.mod", err)
	}
}

func TestListOfNoModule(t *testing.T) {
	if _, err := archtest.List(t.Context(), t.TempDir()); err == nil {
		t.Error("a directory without a module was listed")
	}
}

func goMod(t *testing.T, text string) archtest.GoMod {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	m, err := archtest.ReadGoMod(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return m
}
