package project

import (
	"slices"

	"github.com/retort-ci/retort/pkg/fault"
)

// Closure gives the services that a suite, or any service, needs to have
// started, and what those need: each behind all that it depends on itself,
// names sorted otherwise. The service itself is not among them. A cycle, which
// Load refuses but a project made by hand may have, is a fault.
func (p *Project) Closure(suite string) ([]Service, error) {
	root, err := p.Service(suite)
	if err != nil {
		return nil, err
	}
	if cycle := findCycle([]string{suite}, p.dependencies); cycle != nil {
		return nil, fault.New(fault.Usage, "", "services depend on each other in a cycle: %s", arrows(cycle))
	}
	var started []Service
	var start func(s Service) error
	start = func(s Service) error {
		for _, d := range s.DependsOn {
			if slices.ContainsFunc(started, func(s Service) bool { return s.Name == d.Service }) {
				continue
			}
			needed, err := p.Service(d.Service)
			if err != nil {
				return err
			}
			if err := start(needed); err != nil {
				return err
			}
			started = append(started, needed)
		}
		return nil
	}
	return started, start(root)
}

// dependencies are the names of the services that the service depends on.
func (p *Project) dependencies(name string) []string {
	s, _ := p.find(name)
	var names []string
	for _, d := range s.DependsOn {
		names = append(names, d.Service)
	}
	return names
}
