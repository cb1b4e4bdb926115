package scaffold

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/project"
)

// speaksRetort is true for a compose file that has x-retort already: it is its
// owner's, and there is nothing to add.
func (r *repository) speaksRetort(text []byte) bool {
	if len(r.project.Environments) > 0 || slices.ContainsFunc(r.project.Services, func(s project.Service) bool {
		return s.Suite != nil || s.Structure != nil
	}) {
		return true
	}
	e, err := newEditor(text)
	return err == nil && e.has("x-retort")
}

// extend adds to the compose file what retort wants to know: which repository
// each service has, which services are suites, and the environments.
func (r *repository) extend(plan *Plan, name string, text []byte) ([]byte, facts, error) {
	e, err := newEditor(text)
	if err != nil {
		return nil, facts{}, byHand(name, err)
	}
	if name := e.name(); name != "" {
		r.name = name
	}
	suites := r.suites()
	shipped := r.shipped(suites)
	if len(shipped) == 0 {
		return nil, facts{}, fault.New(fault.Usage, "build: . on the service that is yours",
			"no service of %s is built here: there is nothing to push or promote", name)
	}
	for _, s := range shipped {
		if s.Image == "" && !e.intoService(s.Name, "image", r.image(s.Name)) {
			plan.note("service %s has no repository: give it one by hand: image: %s", s.Name, r.image(s.Name))
		}
	}
	for _, s := range suites {
		value := "{ verifies: [" + strings.Join(s.verifies, ", ") + "] }"
		if !e.intoService(s.name, "x-retort", value) {
			plan.note("service %s looks like a suite; make it one by hand: x-retort: %s", s.name, value)
		}
	}
	added := r.unitSuites(e, shipped)
	for _, s := range added {
		if err := e.appendService(s.block()); err != nil {
			return nil, facts{}, byHand(name, err)
		}
	}
	noteSuites(plan, slices.Concat(added, make([]service, len(suites))))
	environments, err := render("environments.yaml", r.common())
	if err != nil {
		return nil, facts{}, err
	}
	e.appendRoot(string(environments))
	changed, err := e.apply()
	if err != nil {
		return nil, facts{}, byHand(name, err)
	}
	return changed, newFacts(r, len(suites)+len(added) > 0), nil
}

func byHand(name string, err error) error {
	return fault.Wrap(fault.Usage, fmt.Errorf("add x-retort to %s: %w", name, err),
		"add it by hand: x-retort: { environments: { staging: {} } } at the top level, and x-retort: { verifies: [SERVICE] } on a suite")
}

// shipped are the services that are built here and are no suites.
func (r *repository) shipped(suites []suite) []project.Service {
	return slices.DeleteFunc(slices.Clone(r.project.Services), func(s project.Service) bool {
		return s.Build == nil || slices.ContainsFunc(suites, func(t suite) bool { return t.name == s.Name })
	})
}

// unitSuites makes a suite of each stage that tests, where no service of the
// file is it yet.
func (r *repository) unitSuites(e *editor, shipped []project.Service) []service {
	var added []service
	for _, s := range shipped {
		test, ok := r.dockerfileOf(*s.Build).testStage()
		name := s.Name + "-unit"
		taken := slices.ContainsFunc(r.project.Services, func(other project.Service) bool {
			return other.Name == name || other.Build != nil && strings.EqualFold(other.Build.Target, test.name) &&
				other.Build.Context == s.Build.Context && other.Build.Dockerfile == s.Build.Dockerfile
		})
		if !ok || taken {
			continue
		}
		build, ok := e.build(s.Name, test.name)
		if !ok { // it stands in another file, or is merged from elsewhere
			build = r.rebuilt(*s.Build, test.name)
		}
		same := slices.IndexFunc(added, func(other service) bool { return other.Build == build })
		if same >= 0 {
			added[same].Verifies = append(added[same].Verifies, s.Name)
			continue
		}
		added = append(added, service{Name: name, Build: build, Verifies: []string{s.Name}, NoCommand: !test.command})
	}
	return added
}

// rebuilt is where a service is built, as it was understood. What else its build
// section says stands in a place that the suite cannot take it from.
func (r *repository) rebuilt(b project.Build, target string) string {
	context, err := filepath.Rel(filepath.Dir(r.project.Files[0]), b.Context)
	if err != nil {
		context = b.Context
	}
	text := "{ context: " + scalar(filepath.ToSlash(context))
	if b.Dockerfile != "" && b.Dockerfile != "Dockerfile" {
		text += ", dockerfile: " + scalar(b.Dockerfile)
	}
	return text + ", target: " + scalar(target) + " }"
}

// block is the service's text, its name first.
func (s service) block() []string {
	return []string{
		s.Name + ":", "  # A suite: its container's exit code is the verdict.",
		"  profiles: [test]", "  build: " + s.Build, "  x-retort: { verifies: [" + s.Verified() + "] }",
	}
}
