package retort

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/hashicorp/go-multierror"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/internal/many"
	"github.com/retort-ci/retort/pkg/project"
	"github.com/retort-ci/retort/pkg/registry"
	"github.com/retort-ci/retort/pkg/state"
	"github.com/retort-ci/retort/pkg/step/push"
)

// PushOptions are the choices of Push.
type PushOptions struct {
	Services []string // all deployable ones when empty
	Tags     []string // besides those that the build gives: commit, branch, version
	Parallel int      // images at once
}

// PushResult holds what was pushed, in the project's order.
type PushResult struct {
	Images []push.Pushed
}

// Push sends each service's image under the names that this build gives it,
// and attaches the evidence of the suites that tested it.
func (p *Pipeline) Push(ctx context.Context, opts PushOptions) (result PushResult, err error) {
	defer p.stage("push")(&err)
	services, err := p.deployable(opts.Services)
	if err != nil {
		return PushResult{}, err
	}
	for _, s := range services {
		for _, tag := range opts.Tags {
			if env := p.environmentAt(s, s.Image+":"+tag); env != "" {
				return PushResult{}, fault.New(fault.Usage, "retort promote "+s.Name+" --to "+env,
					"%s:%s is what environment %s reads: only promote moves it, through its gates", s.Image, tag, env)
			}
		}
	}
	return p.push(ctx, services, opts, func(s project.Service) []string { return p.names(s, opts.Tags) })
}

// environmentAt is the environment that reads the reference as the service's,
// or empty.
func (p *Pipeline) environmentAt(s project.Service, ref string) string {
	for _, env := range p.Project.Environments {
		repository, tag, err := env.Target(s, p.Project.Name)
		if err == nil && repository+":"+tag == ref {
			return env.Name
		}
	}
	return ""
}

// deployable are the services named, or all; it is a fault when there is none.
func (p *Pipeline) deployable(names []string) ([]project.Service, error) {
	services, err := p.Project.Select(names...)
	if err == nil && len(services) == 0 {
		err = fault.New(fault.Usage, "give the service a repository: image: registry.example.com/team/app",
			"no service has both a build section and an image: nothing can be pushed or promoted")
	}
	return services, err
}

// names are all references of the build for a service.
func (p *Pipeline) names(s project.Service, more []string) []string {
	tags := []string{p.CI.CandidateTag()}
	if !p.CI.Dirty {
		// A branch or a version names what the repository holds, and a work tree
		// with changes is not in it.
		if p.CI.Branch != "" {
			tags = append(tags, registry.SanitizeTag(p.CI.Branch))
		}
		if p.CI.Tag != "" {
			tags = append(tags, registry.SanitizeTag(versionTag(p.CI.Tag)))
		}
	}
	var refs []string
	for _, tag := range append(tags, more...) {
		ref := s.Image + ":" + tag
		if env := p.environmentAt(s, ref); env != "" {
			p.warn("push", s.Name, ref+" is left alone: environment "+env+" reads it, and only promote moves it")
			continue
		}
		if !slices.Contains(refs, ref) {
			refs = append(refs, ref)
		}
	}
	return p.withPlain(refs)
}

// withPlain adds the reference of a project that is one Dockerfile with a name.
func (p *Pipeline) withPlain(refs []string) []string {
	if _, tag := splitTag(p.opts.Image); tag != "" {
		return append(refs, p.opts.Image)
	}
	return refs
}

// versionTag is the image tag of a git tag: v1.4.2 is 1.4.2, as registries
// write versions.
func versionTag(tag string) string {
	if len(tag) > 1 && tag[0] == 'v' && tag[1] >= '0' && tag[1] <= '9' {
		return tag[1:]
	}
	return tag
}

// pushCandidates is the part of build that other agents wait for.
func (p *Pipeline) pushCandidates(ctx context.Context, built *BuildResult) error {
	var services []project.Service
	for _, img := range built.Images {
		if img.Deployable {
			s, err := p.Project.Service(img.Service)
			if err != nil {
				return err
			}
			services = append(services, s)
		}
	}
	pushed, err := p.push(ctx, services, PushOptions{}, func(s project.Service) []string { return p.withPlain([]string{p.candidate(s)}) })
	for i := range built.Images {
		for _, img := range pushed.Images {
			if img.Service == built.Images[i].Service {
				built.Images[i].Pushed = img.Ref()
			}
		}
	}
	return err
}

func (p *Pipeline) push(ctx context.Context, services []project.Service, opts PushOptions, names func(project.Service) []string) (PushResult, error) {
	eng, err := p.openEngine()
	if err != nil {
		return PushResult{}, err
	}
	scratch, done, err := p.state.Scratch()
	if err != nil {
		return PushResult{}, err
	}
	defer done()
	stepOpts := push.Options{Parallel: opts.Parallel, TempDir: scratch, Progress: p.sink}
	for _, s := range services {
		img, err := p.pushable(ctx, eng, s, names(s))
		if err != nil {
			return PushResult{}, err
		}
		stepOpts.Images = append(stepOpts.Images, img)
	}
	result, err := push.Run(ctx, eng, p.registry.With("push", ""), stepOpts)
	return PushResult(result), many.Errors(multierror.Append(err, p.keepPushed(ctx, result)))
}

// pushable decides where the image comes from: a registry that has it under
// its digest, or else the engine.
func (p *Pipeline) pushable(ctx context.Context, eng Engine, s project.Service, refs []string) (push.Image, error) {
	if err := p.checkRefs(refs); err != nil {
		return push.Image{}, err
	}
	l, err := p.inRegistry(ctx, s)
	if err != nil {
		return push.Image{}, err
	}
	img := push.Image{Service: s.Name, ID: l.id, Bases: l.bases, Refs: refs, Digest: l.digest}
	if l.digest != "" {
		_, err := p.registry.Resolve(ctx, l.digest)
		if err == nil || l.id == "" || !errors.Is(err, registry.ErrNotFound) {
			return img, err
		}
		img.Digest = "" // the registry has lost it: send it again
	}
	if _, err := eng.InspectImage(ctx, l.id); err != nil {
		if errors.Is(err, engine.ErrImageNotFound) {
			return img, fault.New(fault.Usage, "retort build "+s.Name,
				"image %s of %s was built but is no longer in the engine: %w", l.id, s.Name, engine.ErrImageNotFound)
		}
		return img, err
	}
	return img, nil
}

// keepPushed writes down the digests and attaches the evidence that waited for
// them.
func (p *Pipeline) keepPushed(ctx context.Context, result push.Result) error {
	run, err := p.keep(ctx, func(r *state.Run) {
		for _, img := range result.Images {
			if img.Digest == "" {
				continue
			}
			s := r.Services[img.Service]
			s.Digest = img.Digest
			s.Refs = slices.Compact(slices.Sorted(slices.Values(append(s.Refs, img.Refs...))))
			r.Services[img.Service] = s
		}
	})
	if err != nil {
		return err
	}
	for _, img := range result.Images {
		if img.Digest == "" {
			continue
		}
		if err := p.attachEvidence(ctx, run, img.Service, img.Pushed.Ref()); err != nil {
			return fmt.Errorf("attach evidence to %s: %w", img.Pushed.Ref(), err)
		}
	}
	return nil
}
