package project

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/internal/nearest"
)

// Service gives the service of that name. An unknown one is a fault that names
// the nearest, with all of them as its hint.
func (p *Project) Service(name string) (Service, error) {
	if s, ok := p.find(name); ok {
		return s, nil
	}
	return Service{}, unknown("service", name, p.namesOf(func(Service) bool { return true }))
}

// Select gives the deployable services: those named, in that order, or all of
// them when no name is given, which may be none. Naming something else is a
// fault.
func (p *Project) Select(names ...string) ([]Service, error) {
	return p.choose(names, Service.Deployable, func(s Service) error {
		switch {
		case s.Suite != nil:
			return fault.New(fault.Usage, "name the services it verifies: "+strings.Join(s.Suite.Verifies, " "),
				"service %q is a suite, which is not deployed", s.Name)
		case s.Build == nil:
			return fault.New(fault.Usage, "give it a build section if it is yours",
				"service %q is not built here: its image is %s", s.Name, s.Image)
		}
		return fault.New(fault.Usage, "name its repository: image: 127.0.0.1:5000/"+p.Name+"/"+s.Name,
			"service %q has no repository", s.Name)
	})
}

// Built gives the services that are built here, suites too: those named, in
// that order, or all of them when no name is given. Naming something else is a
// fault.
func (p *Project) Built(names ...string) ([]Service, error) {
	return p.choose(names, func(s Service) bool { return s.Build != nil }, func(s Service) error {
		if s.isStructure() {
			return imageless(s)
		}
		return fault.New(fault.Usage, "give it a build section if it is yours",
			"service %q is not built here: its image is %s", s.Name, s.Image)
	})
}

// Suites gives the suites: those named, in that order, or all of them when no
// name is given, which may be none. Naming something else is a fault.
func (p *Project) Suites(names ...string) ([]Service, error) {
	return p.choose(names, Service.isSuite, func(s Service) error {
		return fault.New(fault.Usage, listOf("suite", p.namesOf(Service.isSuite)),
			"service %q is not a suite: %s", s.Name, s.whyNoSuite())
	})
}

// SuitesFor gives the suites that verify the service, sorted by name.
func (p *Project) SuitesFor(service string) []Service {
	var suites []Service
	for _, s := range p.Services {
		if s.Suite != nil && slices.Contains(s.Suite.Verifies, service) {
			suites = append(suites, s)
		}
	}
	return suites
}

// Environment gives the environment of that name. An unknown one is a fault
// that names the nearest, with all of them as its hint.
func (p *Project) Environment(name string) (Environment, error) {
	for _, e := range p.Environments {
		if e.Name == name {
			return e, nil
		}
	}
	return Environment{}, unknown("environment", name, p.environmentNames())
}

// Environ gives, as NAME=value pairs, the environment that the project was read
// in, and what its .env file adds.
func (p *Project) Environ() []string {
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(p.env)) {
		pairs = append(pairs, name+"="+p.env[name])
	}
	return pairs
}

// Getenv is the value of a variable in the environment that the project was
// read in, or in its .env file, and whether it is set.
func (p *Project) Getenv(name string) (string, bool) {
	value, ok := p.env[name]
	return value, ok
}

// choose gives the services named, or all that are wanted; why is the fault
// for one that is named and not wanted.
func (p *Project) choose(names []string, wanted func(Service) bool, why func(Service) error) ([]Service, error) {
	var chosen []Service
	if len(names) == 0 {
		for _, s := range p.Services {
			if wanted(s) {
				chosen = append(chosen, s)
			}
		}
		return chosen, nil
	}
	for i, name := range names {
		s, err := p.Service(name)
		if err != nil {
			return nil, err
		}
		if !wanted(s) {
			return nil, why(s)
		}
		if !slices.Contains(names[:i], name) {
			chosen = append(chosen, s)
		}
	}
	return chosen, nil
}

func (s Service) isSuite() bool { return s.Suite != nil }

func (p *Project) find(name string) (Service, bool) {
	i := slices.IndexFunc(p.Services, func(s Service) bool { return s.Name == name })
	if i < 0 {
		return Service{}, false
	}
	return p.Services[i], true
}

// namesOf are the names of the services that are wanted, sorted.
func (p *Project) namesOf(wanted func(Service) bool) []string {
	var names []string
	for _, s := range p.Services {
		if wanted(s) {
			names = append(names, s.Name)
		}
	}
	return names
}

func (p *Project) environmentNames() []string {
	var names []string
	for _, e := range p.Environments {
		names = append(names, e.Name)
	}
	return names
}

func unknown(kind, name string, known []string) error {
	return fault.New(fault.Usage, listOf(kind, known), "unknown %s %q%s", kind, name, nearest.Ask(name, known))
}

// listOf tells what there is to choose from.
func listOf(kind string, names []string) string {
	if len(names) == 0 {
		return fmt.Sprintf("the project has no %s", kind)
	}
	return fmt.Sprintf("the project's %ss are %s", kind, strings.Join(names, ", "))
}
