package retort

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/project"
	"github.com/retort-ci/retort/pkg/registry"
)

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
	case s.Suite != nil && s.Suite.Structure != nil:
		return located{}, true, nil // it has none of its own
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
	image, err := p.digestOf(ctx, ref)
	if errors.Is(err, registry.ErrNotFound) {
		err = fault.Wrap(fault.Usage, err, "neither the engine nor the registry has "+ref)
	}
	return image, err
}
