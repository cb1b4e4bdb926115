package retort

import (
	"context"
	"errors"
	"strings"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/project"
	"github.com/retort-ci/retort/pkg/registry"
	"github.com/retort-ci/retort/pkg/step/push"
)

// outgoing is an image on its way to its names.
type outgoing struct {
	located
	service project.Service
	names   []imageName
}

// outgoing finds the service's image. Names that are none are told before.
func (p *Pipeline) outgoing(ctx context.Context, s project.Service, names []imageName) (outgoing, error) {
	if err := p.checkRefs(refsOf(names)); err != nil {
		return outgoing{}, err
	}
	l, err := p.inRegistry(ctx, s)
	return outgoing{located: l, service: s, names: names}, err
}

// keepCandidate fixes the commit's name where this pipeline has left the image
// in the registry: another image there by now is that of another build, which
// may be about to push it.
func (o *outgoing) keepCandidate(ref string) {
	for i, n := range o.names {
		if n.ref == ref && n.firmness == replaced && o.digest != "" {
			o.names[i].firmness = fixed
		}
	}
}

// pushCandidates is the part of build that other agents wait for.
func (p *Pipeline) pushCandidates(ctx context.Context, built *BuildResult, opts BuildOptions) error {
	if built.Skipped = p.pushless(opts.FromForks); built.Skipped != "" {
		p.warn("push", "", built.Skipped)
		return nil
	}
	var images []outgoing
	for _, img := range built.Images {
		if !img.Deployable {
			continue
		}
		s, err := p.Project.Service(img.Service)
		if err != nil {
			return err
		}
		out, err := p.outgoing(ctx, s, p.withPlain([]imageName{p.candidateName(s)}))
		if err != nil {
			return err
		}
		images = append(images, out)
	}
	pushed, err := p.push(ctx, images, PushOptions{Untested: true, ForceTag: opts.ForceTag})
	for i := range built.Images {
		for _, img := range pushed.Images {
			if img.Service == built.Images[i].Service {
				built.Images[i].Pushed = img.Ref()
			}
		}
	}
	return err
}

// pushable decides where the image comes from: a registry that has it under
// its digest, or else the engine.
func (p *Pipeline) pushable(ctx context.Context, eng Engine, out outgoing) (push.Image, error) {
	img := push.Image{Service: out.service.Name, ID: out.id, Bases: out.bases, Refs: refsOf(out.names), Fixed: fixedRefs(out.names), Digest: out.digest}
	if out.digest != "" {
		_, err := p.registry.Resolve(ctx, out.digest)
		if err == nil || out.id == "" || !errors.Is(err, registry.ErrNotFound) {
			return img, err
		}
		img.Digest = "" // the registry has lost it: send it again
	}
	if _, err := eng.InspectImage(ctx, out.id); err != nil {
		if errors.Is(err, engine.ErrImageNotFound) {
			return img, p.gone(out.located, img.Service)
		}
		return img, err
	}
	return img, nil
}

// cutDigest parts repository@digest.
func cutDigest(ref string) (repository, digest string, ok bool) { return strings.Cut(ref, "@") }
