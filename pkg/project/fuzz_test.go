package project_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/project"
)

// FuzzLoad gives Load any bytes as a compose file. It must not panic, and what
// it refuses is the user's to mend.
func FuzzLoad(f *testing.F) {
	archives, err := filepath.Glob("testdata/load/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range archives {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(archive.Files[0].Data)
	}
	sample, err := os.ReadFile("testdata/shop/compose.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sample)
	f.Fuzz(func(t *testing.T, file []byte) {
		dir := filepath.Join(t.TempDir(), "shop")
		write(t, filepath.Join(dir, "compose.yaml"), file)
		p, err := project.Load(t.Context(), project.Options{Dir: dir, Env: []string{}})
		if err == nil {
			usable(t, p)
			return
		}
		if fault.SideOf(err) != fault.Usage || !strings.Contains(err.Error(), "compose.yaml") {
			t.Errorf("got %v, side %v", err, fault.SideOf(err))
		}
	})
}

// usable asks of a project what the steps will.
func usable(t *testing.T, p *project.Project) {
	t.Helper()
	suites, err := p.Suites()
	if err != nil {
		t.Error(err)
	}
	for _, s := range suites {
		if len(p.SuitesFor(s.Suite.Verifies[0])) == 0 {
			t.Errorf("%s is not among the suites for %s", s.Name, s.Suite.Verifies[0])
		}
		if _, err := p.Closure(s.Name); err != nil {
			t.Errorf("closure of %s: %v", s.Name, err)
		}
	}
	services, err := p.Select()
	if err != nil {
		t.Error(err)
	}
	if len(p.Warnings) > 0 {
		return // perhaps of a variable that is not set, without which there is no target
	}
	for _, e := range p.Environments {
		for _, s := range services {
			if _, _, err := e.Target(s, p.Name); err != nil {
				t.Errorf("target of %s in %s: %v", s.Name, e.Name, err)
			}
		}
	}
}
