package retort

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/project"
	"github.com/retort-ci/retort/pkg/registry"
	"github.com/retort-ci/retort/pkg/step/test"
)

// suitePlan is what is to be run and on which images.
type suitePlan struct {
	suites   []test.Suite
	verifies map[string][]string // suite to services
	images   map[string]located  // of every service that takes part, suites too
}

// planSuites finds or makes every image first, so that no suite begins before
// all can run.
func (p *Pipeline) planSuites(ctx context.Context, eng Engine, suites []project.Service) (suitePlan, error) {
	plan := suitePlan{verifies: map[string][]string{}, images: map[string]located{}}
	closures := make([][]project.Service, len(suites))
	var all []project.Service
	for i, s := range suites {
		closure, err := p.Project.Closure(s.Name)
		if err != nil {
			return plan, err
		}
		closures[i] = closure
		plan.verifies[s.Name] = s.Suite.Verifies
		all = append(append(all, s), closure...)
		for _, name := range s.Suite.Verifies {
			verified, err := p.Project.Service(name)
			if err != nil {
				return plan, err
			}
			all = append(all, verified)
		}
	}
	if err := p.findImages(ctx, eng, all, plan.images); err != nil {
		return plan, err
	}
	for i, s := range suites {
		suite, err := p.suite(ctx, eng, s, closures[i], plan.images)
		if err != nil {
			return plan, err
		}
		plan.suites = append(plan.suites, suite)
	}
	return plan, nil
}

// findImages brings every service's image into the engine. What is verified
// must have been built before; suites and support services are built here when
// they were not.
func (p *Pipeline) findImages(ctx context.Context, eng Engine, services []project.Service, images map[string]located) error {
	var missing []project.Service
	for _, s := range services {
		if _, done := images[s.Name]; done {
			continue
		}
		l, built, err := p.findImage(ctx, eng, s)
		if err != nil {
			return err
		}
		images[s.Name] = l
		if !built {
			missing = append(missing, s)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	if err := p.beginRun(ctx); err != nil {
		return err
	}
	built, err := p.build(ctx, missing, BuildOptions{})
	for _, img := range built {
		images[img.Service] = located{id: img.ID, bases: img.Bases}
	}
	return err
}

// findImage gives the image, or false for one that is to be built.
func (p *Pipeline) findImage(ctx context.Context, eng Engine, s project.Service) (located, bool, error) {
	switch {
	case s.Build == nil:
		l, err := p.external(ctx, eng, s)
		return l, true, err
	case s.Deployable():
		l, err := p.inEngine(ctx, eng, s)
		return l, true, err
	}
	// Suites and support services are built anew, which costs nothing when
	// nothing changed, unless this very pipeline has just built them.
	id, ok := p.fresh.get(s.Name)
	return located{id: id}, ok, nil
}

// external finds an image that others built in the engine, or brings it in by
// the digest its tag has now.
func (p *Pipeline) external(ctx context.Context, eng Engine, s project.Service) (located, error) {
	info, err := eng.InspectImage(ctx, s.Image)
	if err == nil {
		return located{id: info.ID}, nil
	}
	if bad := p.checkRefs([]string{s.Image}); bad != nil {
		return located{}, fmt.Errorf("image of %s: %w", s.Name, bad)
	}
	if !errors.Is(err, engine.ErrImageNotFound) {
		return located{}, fmt.Errorf("image of %s: %w", s.Name, err)
	}
	ref, err := p.pinned(ctx, s.Image)
	if err != nil {
		return located{}, fmt.Errorf("image of %s: %w", s.Name, err)
	}
	p.note("test", s.Name, "pulling "+ref)
	info, err = eng.Pull(ctx, ref)
	if err != nil {
		return located{}, fmt.Errorf("image of %s: %w", s.Name, err)
	}
	return located{id: info.ID, digest: ref}, nil
}

// pinned resolves a tag to repository@digest, in the mirror if there is one.
func (p *Pipeline) pinned(ctx context.Context, ref string) (string, error) {
	if strings.Contains(ref, "@") {
		return ref, nil
	}
	if p.mirror != nil {
		base, err := p.mirror.ResolveBase(ctx, ref, "")
		if err != nil {
			return "", err
		}
		if base != nil {
			repository, _ := splitTag(base.Ref)
			return repository + "@" + base.Digest, nil
		}
	}
	desc, err := p.registry.Resolve(ctx, ref)
	if errors.Is(err, registry.ErrNotFound) {
		return "", fault.Wrap(fault.Usage, err, "neither the engine nor the registry has "+ref)
	}
	if err != nil {
		return "", err
	}
	repository, _ := splitTag(ref)
	return repository + "@" + desc.Digest.String(), nil
}

// suite turns the project's words into the step's.
func (p *Pipeline) suite(ctx context.Context, eng Engine, s project.Service, closure []project.Service, images map[string]located) (test.Suite, error) {
	out := test.Suite{
		Name: s.Name, Container: containerSpec(s, images[s.Name].id), DependsOn: dependencies(s),
		Reports: s.Suite.Reports, Timeout: s.Suite.Timeout,
	}
	for _, dep := range closure {
		info, err := eng.InspectImage(ctx, images[dep.Name].id)
		if err != nil {
			return out, fmt.Errorf("service %s: %w", dep.Name, err)
		}
		out.Services = append(out.Services, test.Service{
			Name: dep.Name, Container: containerSpec(dep, info.ID),
			DependsOn: dependencies(dep), Health: health(dep.Run.Health, info),
		})
	}
	return out, nil
}

func dependencies(s project.Service) []test.Dependency {
	conditions := map[project.Condition]test.Condition{
		project.Started: test.Started, project.Healthy: test.Healthy, project.Completed: test.Completed,
	}
	deps := make([]test.Dependency, len(s.DependsOn))
	for i, d := range s.DependsOn {
		deps[i] = test.Dependency{Service: d.Service, Condition: conditions[d.Condition]}
	}
	return deps
}

func containerSpec(s project.Service, image string) engine.ContainerSpec {
	r := s.Run
	return engine.ContainerSpec{
		Image: image, Entrypoint: r.Entrypoint, Cmd: r.Command, Env: r.Env, User: r.User,
		WorkingDir: r.WorkingDir, Hostname: r.Hostname, Tmpfs: r.Tmpfs, ExtraHosts: r.ExtraHosts,
		CapAdd: r.CapAdd, CapDrop: r.CapDrop, Privileged: r.Privileged, ReadOnly: r.ReadOnly,
		Init: r.Init, StopSignal: r.StopSignal, Aliases: slices.Clone(r.Aliases),
		Memory: r.Memory, NanoCPUs: r.NanoCPUs, Pids: r.Pids,
	}
}

// health lays the compose file's health check over the image's own. Docker's
// forms of a test become the command that is executed.
func health(h *project.Healthcheck, info engine.ImageInfo) *test.Health {
	probe := info.Healthcheck
	out := &test.Health{}
	if h != nil {
		if h.Disabled {
			return nil
		}
		if len(h.Test) > 0 {
			probe = h.Test
		}
		out.Interval, out.Timeout, out.StartPeriod, out.Retries = h.Interval, h.Timeout, h.StartPeriod, h.Retries
	}
	if len(probe) < 2 {
		return nil
	}
	switch probe[0] {
	case "CMD":
		out.Probe = probe[1:]
	case "CMD-SHELL":
		out.Probe = []string{"/bin/sh", "-c", probe[1]}
	default:
		return nil
	}
	return out
}
