package retort

import (
	"context"
	"fmt"
	"slices"

	"github.com/hashicorp/go-multierror"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/internal/many"
	"github.com/retort-ci/retort/pkg/project"
	"github.com/retort-ci/retort/pkg/state"
	"github.com/retort-ci/retort/pkg/step/push"
)

// PushOptions are the choices of Push.
type PushOptions struct {
	Services []string // all deployable ones when empty
	Tags     []string // besides those that the build gives; templates, see [project.ExpandTag]
	Untested bool     // push also what has not passed all of its suites
	ForceTag bool     // let a version name another image than it did
	// FromForks pushes also in the build of a fork's pull request, and in one
	// that is given no secrets.
	FromForks bool
	Parallel  int // images at once
}

// PushResult holds what was pushed, in the project's order.
type PushResult struct {
	Images  []push.Pushed
	Skipped string // why nothing was pushed, and that is as it should be
}

// Push sends each service's image under the names that this build gives it,
// and attaches the evidence of the suites that tested it. An image that has not
// passed them is refused. The builds of forks push nothing.
func (p *Pipeline) Push(ctx context.Context, opts PushOptions) (result PushResult, err error) {
	services, err := p.deployable(opts.Services)
	if err != nil {
		return PushResult{}, err
	}
	if why := p.pushless(opts.FromForks); why != "" {
		p.warn("push", "", why)
		return PushResult{Skipped: why}, nil
	}
	defer p.stage("push")(&err)
	tags, err := p.newTagger(ctx)
	if err != nil {
		return PushResult{}, err
	}
	images := make([]outgoing, len(services))
	for i, s := range services {
		names, err := p.names(ctx, tags, s, opts.Tags)
		if err != nil {
			return PushResult{}, err
		}
		if images[i], err = p.outgoing(ctx, s, names); err != nil {
			return PushResult{}, err
		}
		images[i].keepCandidate(p.candidate(s))
	}
	return p.push(ctx, images, opts)
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

// push sends the images, once nothing speaks against any of them.
func (p *Pipeline) push(ctx context.Context, images []outgoing, opts PushOptions) (PushResult, error) {
	stepOpts, err := p.pushOptions(opts.Parallel)
	if err != nil {
		return PushResult{}, err
	}
	eng, err := p.openEngine(ctx)
	if err != nil {
		return PushResult{}, err
	}
	scratch, done, err := p.state.Scratch()
	if err != nil {
		return PushResult{}, err
	}
	defer done()
	reg := p.fixedNames(images, opts.ForceTag)
	stepOpts.TempDir = scratch
	for _, out := range images {
		img, err := p.pushable(ctx, eng, out)
		if err != nil {
			return PushResult{}, err
		}
		if _, digest, known := cutDigest(img.Digest); known {
			if err := reg.check(ctx, digest, img.Refs...); err != nil {
				return PushResult{}, err
			}
		}
		stepOpts.Images = append(stepOpts.Images, img)
	}
	if !opts.Untested {
		if err := p.requireTested(ctx, images); err != nil {
			return PushResult{}, err
		}
	}
	result, err := push.Run(ctx, eng, reg, stepOpts)
	return PushResult{Images: result.Images}, many.Errors(multierror.Append(err, p.keepPushed(ctx, result)))
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
	var g multierror.Group
	for _, img := range result.Images {
		if img.Digest != "" {
			g.Go(func() error { return p.attachAll(ctx, run, img) })
		}
	}
	return many.Errors(g.Wait())
}

// attachAll attaches what is known of an image that was pushed.
func (p *Pipeline) attachAll(ctx context.Context, run state.Run, img push.Pushed) error {
	err := p.attachProvenance(ctx, run, img.Service, img.Pushed.Ref())
	if err == nil {
		err = p.attachEvidence(ctx, run, img.Service, img.Pushed.Ref())
	}
	if err != nil {
		return fmt.Errorf("attach evidence to %s: %w", img.Pushed.Ref(), err)
	}
	return nil
}
