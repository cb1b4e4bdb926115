package retort

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/freeze"
	"github.com/retort-ci/retort/pkg/project"
	"github.com/retort-ci/retort/pkg/step/promote"
)

func gatedProject() *project.Project {
	return &project.Project{
		Name: "shop",
		Services: []project.Service{
			{Name: "e2e", Suite: &project.Suite{Verifies: []string{"billing", "orders"}}},
			{Name: "lint", Suite: &project.Suite{Verifies: []string{"orders"}}},
			{Name: "orders", Image: "127.0.0.1:5000/orders", Build: &project.Build{}},
		},
		Environments: []project.Environment{
			{Name: "staging", Tag: "staging"},
			{Name: "canary", Tag: "canary", After: "staging"},
			{Name: "production", Tag: "production", After: "canary"},
			{
				Name: "guarded", Tag: "guarded", After: "staging", Soak: time.Hour, Branches: []string{"main"}, Tags: []string{"v*"},
				Freeze: []freeze.Window{{}}, Exec: &project.Exec{Command: []string{"true"}},
			},
		},
	}
}

func TestRequired(t *testing.T) {
	p := &Pipeline{Project: gatedProject()}
	for name, test := range map[string]struct {
		requires []string
		service  string
		want     string
	}{
		"nothing said: all that verify it": {nil, "orders", "e2e lint"},
		"nothing is required":              {[]string{}, "orders", ""},
		"one of them":                      {[]string{"lint"}, "orders", "lint"},
		"one that verifies another":        {[]string{"lint"}, "billing", "lint"},
		"no suite verifies it":             {nil, "broker", ""},
	} {
		if got := strings.Join(p.required(project.Environment{Requires: test.requires}, test.service), " "); got != test.want {
			t.Errorf("%s: required is %q, want %q", name, got, test.want)
		}
	}
}

func TestGates(t *testing.T) {
	p := newPipeline(Options{})
	p.Project = gatedProject()
	namesOf := func(gates []promote.Gate) string {
		var names []string
		for _, g := range gates {
			names = append(names, g.Name())
		}
		return strings.Join(names, ", ")
	}
	for name, want := range map[string]struct{ promote, rollback string }{
		"staging":    {"requires", "whole"},
		"production": {"requires, after", "whole"},
		"guarded":    {"requires, after, branches, tags, freeze, exec", "whole, freeze"},
	} {
		env, err := p.Project.Environment(name)
		if err != nil {
			t.Fatal(err)
		}
		gates, err := p.gates(env)
		if err != nil {
			t.Fatal(err)
		}
		if got := namesOf(gates); got != want.promote {
			t.Errorf("%s has gates %q, want %q", name, got, want.promote)
		}
		if got := namesOf(p.rollbackGates(env, p.registry)); got != want.rollback {
			t.Errorf("a rollback in %s has gates %q, want %q", name, got, want.rollback)
		}
	}
}

func TestPathTo(t *testing.T) {
	p := &Pipeline{Project: gatedProject()}
	for to, want := range map[string][]string{
		"": nil, "staging": {"staging"}, "production": {"staging", "canary", "production"},
	} {
		if got, err := p.pathTo(RunOptions{To: to}); err != nil || !slices.Equal(got, want) {
			t.Errorf("path to %q is %v (%v), want %v", to, got, err, want)
		}
	}
	if _, err := p.pathTo(RunOptions{To: "nowhere"}); fault.SideOf(err) != fault.Usage {
		t.Errorf("path to nowhere: %v, want a fault of usage", err)
	}
}
