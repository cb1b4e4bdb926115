package retort

import (
	"context"
	"fmt"
	"strings"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/project"
)

// suitesFit asks the engine, where it has reasons to refuse, whether it can run the
// suites, rather than after their images were built. It gives what of each suite's
// settings the engine leaves out, by suite.
func (p *Pipeline) suitesFit(ctx context.Context, eng engine.Builder, suites []project.Service, allowBind bool) (map[string][]string, error) {
	planner, ok := eng.(engine.Planner)
	if !ok {
		return nil, nil
	}
	without := map[string][]string{}
	for _, s := range suites {
		if s.Suite.Structure != nil { // takes no container
			continue
		}
		closure, err := p.Project.Closure(s.Name)
		if err != nil {
			return nil, err
		}
		var specs []engine.ContainerSpec
		for _, service := range append(closure, s) {
			spec, err := p.containerSpec(service, "", allowBind)
			if err != nil {
				return nil, err
			}
			specs = append(specs, spec)
		}
		left, err := planner.PlanContainers(ctx, specs, len(closure) > 0)
		if err != nil {
			return nil, fmt.Errorf("suite %s: %w", s.Name, err)
		}
		without[s.Name] = left
	}
	return without, nil
}

// warnWithout tells what suites run without on this engine.
func (p *Pipeline) warnWithout(suites []project.Service, without map[string][]string) {
	for _, s := range suites {
		if left := without[s.Name]; len(left) > 0 {
			p.warn("test", s.Name, "this engine's containers run without: "+strings.Join(left, ", "))
		}
	}
}

// allSuitesFit is suitesFit for every suite of the project.
func (p *Pipeline) allSuitesFit(ctx context.Context, allowBind bool) error {
	suites, err := p.Project.Suites()
	if err != nil || len(suites) == 0 {
		return err
	}
	eng, err := p.openEngine(ctx)
	if err != nil {
		return err
	}
	_, err = p.suitesFit(ctx, eng, suites, allowBind)
	return err
}
