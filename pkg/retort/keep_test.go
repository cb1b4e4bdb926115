package retort

import (
	"os"
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/state"
)

func TestKeep(t *testing.T) {
	mark := func(r *state.Run) { r.Services["orders"] = state.Service{Image: imageID} }
	for name, test := range map[string]struct {
		before  *state.Run
		commit  string
		billing bool // is still there afterwards
	}{
		"first":           {commit: commit},
		"same commit":     {before: &state.Run{Project: "shop", Commit: commit}, commit: commit, billing: true},
		"other commit":    {before: &state.Run{Project: "shop", Commit: other}, commit: commit},
		"other project":   {before: &state.Run{Project: "bank", Commit: commit}, commit: commit},
		"stashed file":    {before: &state.Run{Project: "shop", Commit: commit}, billing: true},
		"without commits": {before: &state.Run{Project: "shop"}, billing: true},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, "orders", "billing")
			b.CI.Commit = test.commit
			if test.before != nil {
				b.remember(t, func(r *state.Run) {
					r.Project, r.Commit = test.before.Project, test.before.Commit
					r.Services["billing"] = state.Service{Image: imageID}
				})
			}
			kept, err := b.keep(t.Context(), mark)
			if err != nil {
				t.Fatal(err)
			}
			read, err := b.state.Load()
			if err != nil {
				t.Fatal(err)
			}
			for _, run := range []state.Run{kept, read} {
				if _, ok := run.Services["billing"]; ok != test.billing || run.Services["orders"].Image != imageID || run.Project != "shop" {
					t.Errorf("run is %+v, want orders, and billing: %t", run, test.billing)
				}
			}
		})
	}
}

func TestKeepPutsADamagedFileAside(t *testing.T) {
	b := newBench(t, "orders")
	b.remember(t, func(*state.Run) {})
	if err := os.WriteFile(b.state.Path(), []byte(`{"version":1,"ser`), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := b.keep(t.Context(), func(r *state.Run) { r.Dirty = true }); err != nil {
		t.Fatal(err)
	}
	if run, err := b.state.Load(); err != nil || !run.Dirty || run.Commit != commit {
		t.Errorf("run is %+v (%v)", run, err)
	}
	if aside, err := os.ReadFile(b.state.Path() + ".damaged"); err != nil || string(aside) != `{"version":1,"ser` {
		t.Errorf("put aside: %q (%v)", aside, err)
	}
	if len(b.told.warnings) != 1 || !strings.Contains(b.told.warnings[0], "run.json.damaged") {
		t.Errorf("warnings are %q, want where it went", b.told.warnings)
	}
}

// One directory may hold several projects: what one built is not the other's,
// though service and commit are called the same.
func TestAnotherProjectsRunIsNoMemory(t *testing.T) {
	b := newBench(t, "orders")
	b.remember(t, func(r *state.Run) { r.Project = "other" })
	_, err := b.remembered()
	if fault.SideOf(err) != fault.Usage || !strings.Contains(err.Error(), "is of project other") {
		t.Errorf("got %v", err)
	}
}
