package test

import (
	"slices"
	"strings"

	"github.com/retort-ci/retort/pkg/fault"
)

// checkGraph refuses services that would wait for ever: one that is not there,
// or one for another in a circle.
func checkGraph(s Suite) error {
	needs := make(map[string][]Dependency, len(s.Services))
	for _, svc := range s.Services {
		needs[svc.Name] = svc.DependsOn
	}
	settled := map[string]bool{}
	var visit func(deps []Dependency, path []string) error
	visit = func(deps []Dependency, path []string) error {
		for _, d := range deps {
			below, known := needs[d.Service]
			if !known {
				return fault.New(fault.Usage, "name it among the suite's services",
					"%s depends on service %s, which is not part of the suite", path[len(path)-1], d.Service)
			}
			if slices.Contains(path[1:], d.Service) {
				return fault.New(fault.Usage, "take one of these dependencies away",
					"services depend on each other: %s", strings.Join(append(path[1:], d.Service), " -> "))
			}
			if settled[d.Service] {
				continue
			}
			if err := visit(below, append(slices.Clone(path), d.Service)); err != nil {
				return err
			}
			settled[d.Service] = true
		}
		return nil
	}
	for _, svc := range s.Services {
		if err := visit(svc.DependsOn, []string{s.Name, svc.Name}); err != nil {
			return err
		}
	}
	return visit(s.DependsOn, []string{s.Name})
}
