package archtest_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/retort-ci/retort/pkg/internal/archtest"
)

// root is the module's root as seen from this package.
var root = filepath.Join("..", "..", "..")

// The tests of this file hold this module against the rules. Those of the
// other files see to it that the rules catch what they are there for.

func TestImports(t *testing.T) {
	graph, err := archtest.List(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	if self := graph["pkg/internal/archtest"]; !slices.Contains(self.Imports, "go/ast") || !slices.Contains(self.TestImports, "testing") {
		t.Fatalf("go list says of this package: %+v", self)
	}
	report(t, archtest.CheckImports(graph, archtest.ImportRules()))
}

func TestUses(t *testing.T) {
	report(t, archtest.CheckUses(files(t), archtest.UseRules()))
}

func TestGlobals(t *testing.T) {
	report(t, archtest.CheckGlobals(files(t), archtest.Globals()))
}

func TestErrorText(t *testing.T) {
	report(t, archtest.CheckErrorText(files(t), archtest.ErrorTextReaders()))
}

func TestSizes(t *testing.T) {
	all := files(t)
	t.Logf("sizes:\n%s", archtest.Sizes(all))
	report(t, archtest.CheckSizes(all))
}

func TestLayout(t *testing.T) {
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	ignore, err := os.ReadFile(filepath.Join(root, ".gitignore"))
	if err != nil {
		t.Fatal(err)
	}
	report(t, archtest.CheckRoot(names, string(ignore)))
	report(t, archtest.CheckMains(files(t)))
}

func TestModules(t *testing.T) {
	m, err := archtest.ReadGoMod(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Require) == 0 {
		t.Fatal("go.mod requires nothing")
	}
	report(t, archtest.CheckModules(m, archtest.Excluded()))
}

func files(t *testing.T) []archtest.File {
	t.Helper()
	all, err := archtest.Files(root)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 50 {
		t.Fatalf("found %d Go files below %s", len(all), root)
	}
	return all
}

func report(t *testing.T, found []archtest.Violation) {
	t.Helper()
	for _, v := range found {
		t.Error(v)
	}
}
