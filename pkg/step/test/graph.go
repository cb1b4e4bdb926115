package test

import (
	"slices"
	"strings"

	"github.com/retort-ci/retort/pkg/fault"
)

// Check refuses services that would be waited for without end: one that is not
// there, one for another in a circle, and one that has nothing to be healthy by.
func (s Suite) Check() error {
	if err := checkGraph(s); err != nil {
		return err
	}
	for _, on := range append([]Service{{Name: s.Name, DependsOn: s.DependsOn}}, s.Services...) {
		for _, d := range on.DependsOn {
			i := slices.IndexFunc(s.Services, func(svc Service) bool { return svc.Name == d.Service })
			if h := s.Services[i].Health; d.Condition == Healthy && (h == nil || len(h.Probe)+len(h.Ports) == 0) {
				return fault.New(fault.Usage, "give it a healthcheck or expose: [PORT] in compose.yaml, HEALTHCHECK or EXPOSE in its Dockerfile, or depend on it as service_started",
					"service %s has no health check and declares no port, so service_healthy can never hold", d.Service)
			}
		}
	}
	return nil
}

// checkGraph is the part of Check that is about who waits for whom.
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
