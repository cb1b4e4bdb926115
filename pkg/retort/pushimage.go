package retort

import (
	"context"
	"errors"
	"fmt"
	"strings"

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

// PushImage sends an image of the engine to references, without a project.
func (p *Pipeline) PushImage(ctx context.Context, opts PushImageOptions) (result PushResult, err error) {
	if err := p.checkRefs(opts.Refs); err != nil {
		return result, err
	}
	if result.Skipped = p.pushless(opts.FromForks); result.Skipped != "" {
		p.warn("push", "", result.Skipped)
		return result, nil
	}
	defer p.stage("push")(&err)
	eng, err := p.openEngine()
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
	pushed, err := push.Run(ctx, eng, reg, push.Options{
		Images:  []push.Image{{Service: opts.Image, ID: info.ID, Bases: p.lineage(ctx, eng, info), Refs: refsOf(names)}},
		TempDir: scratch, Progress: p.sink,
	})
	return PushResult{Images: pushed.Images}, err
}

// lineage asks the engine which registries hold the image's lower layers, so
// that they keep the digests they have there.
func (p *Pipeline) lineage(ctx context.Context, eng Engine, info engine.ImageInfo) []engine.Base {
	l, ok := eng.(engine.Lineage)
	if !ok {
		return nil
	}
	refs, err := l.KnownAs(ctx, info.ID)
	if err != nil {
		p.warn("push", "", "ask the engine for the image's bases: "+err.Error())
	}
	var bases []engine.Base
	for _, ref := range refs {
		repository, digest, _ := strings.Cut(ref, "@")
		bases = append(bases, engine.Base{Name: repository, Ref: repository, Digest: digest})
	}
	return bases
}
