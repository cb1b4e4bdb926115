package retort

import (
	"context"
	"sync"
	"time"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/project"
	"github.com/retort-ci/retort/pkg/state"
	"github.com/retort-ci/retort/pkg/step/build"
)

// BuildOptions are the choices of Build.
type BuildOptions struct {
	Services []string // all that have a build section when empty, suites too
	Push     bool     // leave the candidate git-<commit> in each repository
	ForceTag bool     // as in PushOptions
	NoCache  bool
	Parallel int // images at once

	FromForks bool // as in PushOptions
}

// BuildResult holds what was built, in the project's order.
type BuildResult struct {
	Images  []BuiltImage
	Skipped string // why nothing was pushed, where Push was asked for
}

// BuiltImage is one service's image.
type BuiltImage struct {
	build.Image
	Deployable bool   // false for suites and support services
	Pushed     string // repository@digest, when it was pushed
}

// Build makes the images and writes down in the workspace which they are.
func (p *Pipeline) Build(ctx context.Context, opts BuildOptions) (result BuildResult, err error) {
	defer p.stage("build")(&err)
	services, err := p.Project.Built(opts.Services...)
	if err != nil {
		return BuildResult{}, err
	}
	if opts.Push {
		if _, err := p.deployable(nil); err != nil {
			return BuildResult{}, err
		}
	}
	if err := p.beginRun(ctx); err != nil {
		return BuildResult{}, err
	}
	images, err := p.build(ctx, services, opts)
	if err != nil {
		return BuildResult{}, err
	}
	for i, img := range images {
		result.Images = append(result.Images, BuiltImage{Image: img, Deployable: services[i].Deployable()})
	}
	if opts.Push {
		err = p.pushCandidates(ctx, &result, opts)
	}
	return result, err
}

// beginRun makes the state one of this commit.
func (p *Pipeline) beginRun(ctx context.Context) error {
	_, err := p.keep(ctx, func(r *state.Run) { r.Begin(p.Project.Name, p.CI.Commit, p.CI.Dirty) })
	return err
}

// build runs the step and keeps what came of it.
func (p *Pipeline) build(ctx context.Context, services []project.Service, opts BuildOptions) ([]build.Image, error) {
	eng, err := p.engineAtWork(ctx, "build")
	if err != nil {
		return nil, err
	}
	stepOpts := build.Options{Parallel: opts.Parallel, Progress: p.sink}
	for _, s := range services {
		spec, err := p.buildSpec(s)
		if err != nil {
			return nil, err
		}
		spec.NoCache = spec.NoCache || opts.NoCache
		spec.CacheTo = p.exportable(s.Name, spec.CacheTo, opts.FromForks)
		stepOpts.Services = append(stepOpts.Services, build.Service{Name: s.Name, Spec: spec})
	}
	built, err := build.Run(ctx, eng, stepOpts)
	if err != nil {
		return nil, err
	}
	p.fresh.add(built.Images)
	_, err = p.keep(ctx, func(r *state.Run) {
		for i, img := range built.Images {
			entry := serviceState(r.Services[img.Service], img, stepOpts.Services[i].Spec)
			entry.Engine = p.engine.described()
			entry.Build = p.buildOf(r.Services[img.Service], entry, services[i])
			r.Services[img.Service] = entry
		}
	})
	return built.Images, err
}

// serviceState is the service's new entry. The same image again keeps what is
// known of it: it need not be pushed twice.
func serviceState(old state.Service, img build.Image, spec engine.BuildSpec) state.Service {
	s := state.Service{Image: img.ID, Bases: img.Bases, Built: time.Now().UTC(), Seconds: img.Elapsed.Seconds()}
	if len(spec.Tags) > 0 {
		s.Candidate = spec.Tags[0]
	}
	if old.Image == img.ID {
		s.Digest, s.Refs = old.Digest, old.Refs
	}
	return s
}

// builtHere remembers the images that this pipeline built, service to image ID.
type builtHere struct {
	mu  sync.Mutex
	ids map[string]string
}

func (b *builtHere) add(images []build.Image) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ids == nil {
		b.ids = map[string]string{}
	}
	for _, img := range images {
		b.ids[img.Service] = img.ID
	}
}

func (b *builtHere) get(service string) (string, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	id, ok := b.ids[service]
	return id, ok
}
