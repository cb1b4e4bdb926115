package retort

import (
	"slices"

	"github.com/retort-ci/retort/pkg/project"
	"github.com/retort-ci/retort/pkg/step/promote"
)

// gates are what the project file asks of a digest that is to enter the
// environment.
func (p *Pipeline) gates(env project.Environment) ([]promote.Gate, error) {
	gates := []promote.Gate{promote.Requires{
		Suites: func(service string) []string { return p.required(env, service) },
		Passed: p.passedSuites,
	}}
	if env.After == "" {
		return gates, nil
	}
	before, err := p.Project.Environment(env.After)
	if err != nil {
		return nil, err
	}
	return append(gates, promote.After{
		Registry: p.registry.With("promote", ""), Environment: before.Name,
		Where: func(service string) (string, string, error) {
			s, err := p.Project.Service(service)
			if err != nil {
				return "", "", err
			}
			return before.Target(s, p.Project.Name)
		},
	}), nil
}

// required are the suites that must have passed: of those that verify the
// service the ones that the environment names, or all. When it names some and
// none of them verifies the service, nothing can satisfy it, rather than anything.
func (p *Pipeline) required(env project.Environment, service string) []string {
	var names []string
	for _, s := range p.Project.SuitesFor(service) {
		if env.Requires == nil || slices.Contains(env.Requires, s.Name) {
			names = append(names, s.Name)
		}
	}
	if len(names) == 0 {
		return env.Requires
	}
	return names
}
