package archtest_test

import (
	"slices"
	"testing"

	"github.com/retort-ci/retort/pkg/internal/archtest"
)

// offence is one import that one rule is there to find.
type offence struct {
	pkg    string
	adds   string // the import
	inTest bool   // a test file has it
}

// offences has at least one for each rule; TestEveryImportRuleBites sees to it.
func offences() []offence {
	return []offence{
		{"pkg/retort", "cmd/retort/ui", false},
		{"pkg/registry", "scripts/internal/rootfs", true},
		{"pkg/state", "pkg/retort", false},
		{"pkg/registry", "pkg/step/push", false},
		{"pkg/internal/owner", "pkg/step/test", true},
		{"cmd/retort/ui", "pkg/retort", false},
		{"cmd/retort/ui", "pkg/engine", false},
		{"pkg/step/push", "pkg/step/build", false},
		{"pkg/step/promote/gate", "pkg/step/test", true},
		{"pkg/step/build", "pkg/project", false},
		{"pkg/engine", "pkg/engine/docker", false},
		{"pkg/engine", "github.com/moby/buildkit/client", false},
		{"pkg/step/test", "pkg/engine/docker", false},
		{"cmd/retort", "pkg/engine/buildkit", false},
		{"pkg/engine/enginetest", "pkg/engine/docker", false},
		{"pkg/retort", "pkg/engine/embedded", false},
		{"pkg/engine/buildkit", "pkg/engine/docker", true},
		{"pkg/ci", "golang.org/x/sync/errgroup", false},
		{"pkg/fault", "pkg/progress", false},
		{"pkg/internal/archtest", "pkg/engine", true},
		{"pkg/ci", "pkg/internal/archtest", false},
		{"pkg/step/test", "flag", false},
		{"pkg/registry", "testing", false},
		{"pkg/step/build", "testing/fstest", false},
		{"cmd/retort", "pkg/internal/probe", false},
		{"pkg/step/test", "github.com/compose-spec/compose-go/v2/types", false},
		{"pkg/registry", "github.com/docker/docker/client", false},
		{"pkg/engine/enginetest", "github.com/docker/docker/api/types/container", true},
		{"pkg/engine/docker", "github.com/moby/buildkit/client", false},
		{"pkg/registry", "github.com/distribution/distribution/v3/registry/handlers", true},
		{"pkg/retort", "github.com/in-toto/attestation/go/v1", false},
		{"cmd/retort/ui", "github.com/urfave/cli/v2", false},
		{"pkg/registry", "github.com/google/go-containerregistry/pkg/v1/daemon", false},
		{"pkg/engine/docker", "github.com/moby/moby/client", false},
		{"pkg/engine/docker", "github.com/docker/cli/cli/context/docker", true},
		{"pkg/internal/owner", "C", false},
		{"scripts/internal/rootfs", "github.com/pkg/errors", false},
	}
}

// graph is the offence alone.
func (o offence) graph() archtest.Graph {
	if o.inTest {
		return archtest.NewGraph(archtest.Package{Path: o.pkg, TestImports: []string{o.adds}})
	}
	return archtest.NewGraph(archtest.Package{Path: o.pkg, Imports: []string{o.adds}})
}

func TestEveryImportRuleBites(t *testing.T) {
	var bitten []string
	for _, o := range offences() {
		found := archtest.CheckImports(o.graph(), archtest.ImportRules())
		if len(found) == 0 {
			t.Errorf("%s imports %s (in a test: %t), and no rule says so", o.pkg, o.adds, o.inTest)
		}
		for _, v := range found {
			if v.Where != o.pkg {
				t.Errorf("%s imports %s, but %s is blamed", o.pkg, o.adds, v.Where)
			}
			bitten = append(bitten, v.Why)
		}
	}
	for _, r := range archtest.ImportRules() {
		if r.Why == "" {
			t.Errorf("a rule against %v has no reason", r.Bans)
		}
		if !slices.Contains(bitten, r.Why) {
			t.Errorf("no offence shows that this rule bites: %s", r.Why)
		}
	}
}

func TestImportsThatAreRight(t *testing.T) {
	right := archtest.NewGraph(
		archtest.Package{Path: "cmd/retort", Imports: []string{"pkg/retort", "pkg/engine/embedded", "github.com/urfave/cli/v2", "os"}},
		archtest.Package{
			Path:        "pkg/retort",
			Imports:     []string{"pkg/engine/docker", "pkg/step/push", "pkg/step/test", "pkg/project"},
			TestImports: []string{"pkg/retort", "pkg/internal/probe", "testing"},
		},
		archtest.Package{Path: "pkg/step/test", Imports: []string{"pkg/engine"}, TestImports: []string{"pkg/step/test", "pkg/engine/docker/dockertest"}},
		archtest.Package{Path: "pkg/project", Imports: []string{"github.com/compose-spec/compose-go/v2/types"}, TestImports: []string{"flag"}},
		archtest.Package{Path: "pkg/engine", Imports: []string{"context", "github.com/google/go-containerregistry/pkg/v1"}},
		archtest.Package{Path: "pkg/engine/docker", Imports: []string{"github.com/docker/docker/client", "pkg/engine/buildkit"}, TestImports: []string{"pkg/engine/enginetest"}},
		archtest.Package{Path: "pkg/engine/enginetest", Imports: []string{"pkg/engine", "testing"}},
		archtest.Package{Path: "pkg/engine/embedded", Imports: []string{"github.com/moby/buildkit/control", "pkg/engine/buildkit"}},
		archtest.Package{Path: "pkg/ci", Imports: []string{"encoding/json", "os/exec"}, TestImports: []string{"github.com/rogpeppe/go-internal/txtar"}},
	)
	report(t, archtest.CheckImports(right, archtest.ImportRules()))
}

// A package of ours answers for what it drags in, once, and names the way.
func TestWhatAnImportDragsIn(t *testing.T) {
	g := archtest.NewGraph(
		archtest.Package{Path: "cmd/retort", Imports: []string{"pkg/retort"}},
		archtest.Package{Path: "pkg/retort", Imports: []string{"pkg/engine/docker"}},
		archtest.Package{Path: "pkg/engine/docker", Imports: []string{"example.com/a", "example.com/b"}},
		archtest.Package{Path: "example.com/a", Imports: []string{"example.com/b", "example.com/a"}},
		archtest.Package{Path: "example.com/b", Imports: []string{"github.com/moby/moby/client"}},
		archtest.Package{Path: "github.com/moby/moby/client"},
	)
	found := archtest.CheckImports(g, archtest.ImportRules())
	if len(found) != 1 {
		t.Fatalf("found %v, want one violation", found)
	}
	want := "imports github.com/moby/moby/client through example.com/b"
	if found[0].Where != "pkg/engine/docker" || found[0].What != want {
		t.Errorf("%s: %s, want pkg/engine/docker: %s", found[0].Where, found[0].What, want)
	}
}
