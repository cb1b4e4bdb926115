package retort

import (
	"context"
	"fmt"
	"slices"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/project"
	"github.com/retort-ci/retort/pkg/step/test"
	"github.com/retort-ci/retort/pkg/structure"
)

// planSuite turns the project's words into the step's.
func (p *Pipeline) planSuite(ctx context.Context, eng Engine, s project.Service, closure []project.Service, images map[string]located, opts TestOptions, past *pastRuns) (plannedSuite, error) {
	planned := plannedSuite{
		Service: s, image: images[s.Name].id, uncached: s.Suite.NoCache || opts.NoCache,
		beside: map[string]string{}, verifies: map[string]string{},
	}
	for _, name := range s.Suite.Verifies {
		planned.verifies[name] = images[name].id
	}
	for _, dep := range closure {
		planned.beside[dep.Name] = images[dep.Name].id
		// What a path of the host holds is no input that anyone could name.
		planned.uncached = planned.uncached || len(dep.Run.Binds) > 0
	}
	planned.uncached = planned.uncached || len(s.Run.Binds) > 0
	if s.Suite.Structure != nil {
		return planned, planned.readChecks()
	}
	var err error
	if planned.run, err = p.containers(ctx, eng, s, closure, images, opts.AllowBind); err != nil {
		return planned, err
	}
	if err := p.divide(ctx, &planned, opts.Shard, past); err != nil {
		return planned, err
	}
	return planned, planned.identify(closure)
}

// containers are the suite's own and those of the services beside it.
func (p *Pipeline) containers(ctx context.Context, eng Engine, s project.Service, closure []project.Service, images map[string]located, allowBind bool) (test.Suite, error) {
	out := test.Suite{
		Name: s.Name, DependsOn: dependencies(s), Volumes: volumes(append(slices.Clone(closure), s)...),
		Reports: s.Suite.Reports, GoTest: s.Suite.GoTest, ReportsRequired: s.Suite.ReportsRequired,
		Timeout: s.Suite.Timeout, Retries: s.Suite.Retries,
	}
	var err error
	if out.Container, err = p.containerSpec(s, images[s.Name].id, allowBind); err != nil {
		return out, err
	}
	for _, dep := range closure {
		info, err := eng.InspectImage(ctx, images[dep.Name].id)
		if err != nil {
			return out, fmt.Errorf("service %s: %w", dep.Name, err)
		}
		spec, err := p.containerSpec(dep, info.ID, allowBind)
		if err != nil {
			return out, err
		}
		out.Services = append(out.Services, test.Service{
			Name: dep.Name, Container: spec, DependsOn: dependencies(dep), Health: health(dep.Run.Health, dep.Run.Ports, info),
		})
	}
	return out, out.Check()
}

// filesOf are the files that the service's container is given.
func (s *plannedSuite) filesOf(service string) []engine.File {
	if service == s.Name {
		return s.run.Container.Files
	}
	for _, svc := range s.run.Services {
		if svc.Name == service {
			return svc.Container.Files
		}
	}
	return nil
}

// readChecks reads the files of a suite of structure checks.
func (s *plannedSuite) readChecks() error {
	var all [][]byte
	for _, name := range s.Suite.Structure {
		data, err := readAtMost(name, maxContent)
		if err != nil {
			return fault.Wrap(fault.Usage, fmt.Errorf("structure checks of %s: %w", s.Name, err), "")
		}
		file, err := structure.Parse(name, data)
		if err != nil {
			return err
		}
		s.checks, all = append(s.checks, file), append(all, data)
	}
	s.image = digestOf(all)
	return s.identify(nil)
}
