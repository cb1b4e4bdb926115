package scaffold

import (
	"slices"
	"strings"

	"github.com/retort-ci/retort/pkg/project"
)

// suite is a service that tests others, by its looks.
type suite struct {
	name     string
	verifies []string
}

// suiteWords in a service's name, its profiles or its build target make it a
// suite.
func suiteWords() []string {
	return append(testNames(), "e2e", "integration", "acceptance", "smoke", "spec", "specs")
}

// suites finds the services that look like tests, and what they test.
func (r *repository) suites() []suite {
	var found []suite
	for _, s := range r.project.Services {
		if !looksLikeTest(s) {
			continue
		}
		if verifies := r.verified(s); len(verifies) > 0 {
			found = append(found, suite{s.Name, verifies})
		}
	}
	return found
}

func looksLikeTest(s project.Service) bool {
	words := append(wordsOf(s.Name), s.Profiles...)
	if s.Build != nil {
		words = append(words, strings.ToLower(s.Build.Target))
	}
	return slices.ContainsFunc(words, func(w string) bool { return slices.Contains(suiteWords(), w) })
}

// wordsOf are the parts of a name: "orders" and "test" of orders-test.
func wordsOf(name string) []string {
	return strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return r == '-' || r == '_' || r == '.' })
}

// verified is what a suite is about: the services built here that it depends
// on; else the one of the same build, or of whose name its own is made; else all.
func (r *repository) verified(s project.Service) []string {
	candidates := slices.DeleteFunc(slices.Clone(r.project.Services), func(other project.Service) bool {
		return other.Build == nil || other.Name == s.Name || looksLikeTest(other)
	})
	chosen := func(keep func(project.Service) bool) []string {
		var names []string
		for _, c := range candidates {
			if keep(c) {
				names = append(names, c.Name)
			}
		}
		return names
	}
	for _, keep := range []func(project.Service) bool{
		func(c project.Service) bool {
			return slices.ContainsFunc(s.DependsOn, func(d project.Dependency) bool { return d.Service == c.Name })
		},
		func(c project.Service) bool { return s.Build != nil && sameBuild(*c.Build, *s.Build) },
		func(c project.Service) bool { return strings.HasPrefix(s.Name, c.Name+"-") },
	} {
		if names := chosen(keep); len(names) > 0 {
			return names
		}
	}
	return chosen(func(project.Service) bool { return true })
}

func sameBuild(a, b project.Build) bool {
	return a.Context == b.Context && a.Dockerfile == b.Dockerfile && a.Inline == b.Inline
}
