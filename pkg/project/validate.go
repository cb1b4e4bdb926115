package project

import (
	"fmt"
	"slices"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/internal/nearest"
)

// checker checks what the parts of a project say about each other.
type checker struct {
	project *Project
	report  *report
	unset   unset // variables that were taken as empty
}

func (c checker) check() {
	for _, s := range c.project.Services {
		c.service(s)
		if s.Suite != nil {
			c.suite(s)
		}
	}
	c.repositories()
	for _, e := range c.project.Environments {
		c.requires(e)
		c.templates(e)
		c.writes(e)
	}
	c.after()
	c.tags()
}

func (c checker) service(s Service) {
	places := c.report.places
	if s.Build == nil && s.Image == "" && !s.isStructure() {
		c.report.add(places.key("services", s.Name), "services.%s: needs an image or a build section", s.Name)
	}
	if !s.Deployable() {
		return
	}
	if err := checkRepository(s.Image); err != nil {
		c.report.add(places.value("services", s.Name, "image"), "services.%s.image: %v", s.Name, err)
	}
}

func (c checker) suite(s Service) {
	for i, name := range s.Suite.Verifies {
		if wrong := c.cannotVerify(s.Name, name); wrong != "" {
			at := c.report.places.item(i, "services", s.Name, extension, "verifies")
			c.report.add(at, "services.%s.x-retort.verifies: %s", s.Name, wrong)
		}
	}
}

// cannotVerify says why a suite cannot verify the service called name, or
// nothing.
func (c checker) cannotVerify(suite, name string) string {
	verified, ok := c.project.find(name)
	switch {
	case name == "": // told when it was read
	case !ok:
		built := c.project.namesOf(func(s Service) bool { return s.Build != nil && s.Suite == nil })
		return fmt.Sprintf("unknown service %q%s", name, nearest.Ask(name, built))
	case name == suite:
		return "a suite cannot verify itself"
	case verified.Suite != nil:
		return fmt.Sprintf("%q is a suite itself", name)
	case verified.Build == nil:
		return fmt.Sprintf("%q is not built here, so there is no digest to verify", name)
	}
	return ""
}

func (c checker) requires(e Environment) {
	suites := c.project.namesOf(Service.isSuite)
	for i, name := range e.Requires {
		if name == "" {
			continue // told when it was read
		}
		wrong := "unknown suite %q%s"
		if s, ok := c.project.find(name); ok {
			if s.Suite != nil {
				continue
			}
			wrong = "service %q is not a suite%s"
		}
		at := c.report.places.item(i, extension, "environments", e.Name, "requires")
		c.report.add(at, "x-retort.environments.%s.requires: "+wrong, e.Name, name, nearest.Ask(name, suites))
	}
}

// templates tries an environment's templates on every service that would go
// there, or on a sample where there is none yet, until one is wrong.
func (c checker) templates(e Environment) {
	services := c.project.namesOf(Service.Deployable)
	if len(services) == 0 {
		services = []string{"service"}
	}
	for _, service := range services {
		if e.Repository != "" && !c.template(e, "repository", e.Repository, service, checkRepository) {
			return
		}
		if !c.template(e, "tag", e.Tag, service, checkTag) {
			return
		}
	}
}

func (c checker) template(e Environment, key, text, service string, valid func(string) error) bool {
	result, err := expand(text, service, c.project.Name)
	// A variable that is not set may be one that only the promoting job has;
	// others should not fail for it, and Target will tell.
	if err == nil && len(c.unset) == 0 {
		err = valid(result)
	}
	if err != nil {
		at := c.report.places.value(extension, "environments", e.Name, key)
		c.report.hint(fault.HintOf(err), at, "x-retort.environments.%s.%s: %v", e.Name, key, err)
	}
	return err == nil
}

// after follows the environments' `after`: each must exist, and no way may
// lead back to where it began.
func (c checker) after() {
	names := c.project.environmentNames()
	next := map[string][]string{}
	for _, e := range c.project.Environments {
		if e.After == "" {
			continue
		}
		next[e.Name] = []string{e.After}
		if !slices.Contains(names, e.After) {
			c.report.add(c.report.places.value(extension, "environments", e.Name, "after"),
				"x-retort.environments.%s.after: unknown environment %q%s", e.Name, e.After, nearest.Ask(e.After, names))
		}
	}
	if cycle := findCycle(names, func(name string) []string { return next[name] }); cycle != nil {
		c.report.add(c.report.places.value(extension, "environments", cycle[0], "after"),
			"x-retort.environments: each comes after the next, in a cycle: %s", arrows(cycle))
	}
}
