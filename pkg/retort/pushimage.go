package retort

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/step/push"
)

// PushImageOptions are the choices of PushImage.
type PushImageOptions struct {
	Image    string   // name or ID that the engine knows it by
	Refs     []string // references to push it to
	ForceTag bool     // as in PushOptions

	FromForks bool // likewise
}

// PushImage sends an image of the engine to references, without a project. When
// this workspace built it, its provenance is attached; about one from elsewhere
// nothing is known, and nothing is claimed.
func (p *Pipeline) PushImage(ctx context.Context, opts PushImageOptions) (result PushResult, err error) {
	if err := p.checkRefs(opts.Refs); err != nil {
		return result, err
	}
	if result.Skipped = p.pushless(opts.FromForks); result.Skipped != "" {
		p.warn("push", "", result.Skipped)
		return result, nil
	}
	defer p.stage("push")(&err)
	stepOpts, err := p.pushOptions(1)
	if err != nil {
		return result, err
	}
	eng, err := p.openEngine(ctx)
	if err != nil {
		return result, err
	}
	info, err := eng.InspectImage(ctx, opts.Image)
	if errors.Is(err, engine.ErrImageNotFound) {
		return result, fault.Wrap(fault.Usage, fmt.Errorf("push: %w", err), "docker images shows what the engine has")
	}
	if err != nil {
		return result, err
	}
	scratch, done, err := p.state.Scratch()
	if err != nil {
		return result, err
	}
	defer done()
	var names []imageName
	for _, ref := range opts.Refs {
		_, tag := splitTag(ref)
		names = addName(names, ref, isVersion(tag))
	}
	reg := p.fixedNames([]outgoing{{names: names}}, opts.ForceTag)
	stepOpts.TempDir = scratch
	stepOpts.Images = []push.Image{{Service: opts.Image, ID: info.ID, AskBases: true, Refs: refsOf(names), Fixed: fixedRefs(names)}}
	pushed, err := push.Run(ctx, eng, reg, stepOpts)
	if err != nil {
		return PushResult{Images: pushed.Images}, err
	}
	return PushResult{Images: pushed.Images}, p.attachKnown(ctx, info.ID, pushed.Images[0])
}

// attachKnown attaches what the workspace knows of the image's build, in each
// repository that it was pushed to.
func (p *Pipeline) attachKnown(ctx context.Context, id string, img push.Pushed) error {
	run, err := p.state.Load()
	if err != nil {
		p.warn("push", img.Service, "no provenance is attached: "+err.Error())
		return nil //nolint:nilerr // the image is pushed, and of an unknown build nothing is claimed
	}
	var repositories []string
	for _, ref := range img.Refs {
		repository, _ := splitTag(ref)
		repositories = append(repositories, repository)
	}
	slices.Sort(repositories)
	for _, service := range slices.Sorted(maps.Keys(run.Services)) {
		if run.Services[service].Image != id {
			continue
		}
		for _, repository := range slices.Compact(repositories) {
			if err := p.attachProvenance(ctx, run, service, repository+"@"+img.Digest); err != nil {
				return fmt.Errorf("attach provenance to %s: %w", repository, err)
			}
		}
	}
	return nil
}

// pushOptions are what every push of this pipeline has in common.
func (p *Pipeline) pushOptions(parallel int) (push.Options, error) {
	compression, err := engine.ParseCompression(p.opts.Compression)
	opts := push.Options{Parallel: parallel, Compression: compression, Progress: p.sink}
	if dir := cacheDir(p.opts.CacheDir); dir != "" {
		opts.CacheDir = filepath.Join(dir, "pushed")
	}
	return opts, err
}

// fixedRefs are the names that stay where they are, unless it is said otherwise.
func fixedRefs(names []imageName) []string {
	var refs []string
	for _, n := range names {
		if n.firmness != moves {
			refs = append(refs, n.ref)
		}
	}
	return refs
}
