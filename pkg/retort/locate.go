package retort

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/retort-ci/retort/pkg/ci"
	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/project"
	"github.com/retort-ci/retort/pkg/registry"
)

// located is where the image of a service is: in the engine, in a registry, or
// in both.
type located struct {
	id     string // in the engine, empty when it is not there
	by     string // the engine that built it, as it described itself; empty when nobody wrote it down
	digest string // repository@digest in a registry, empty when it is not there
	bases  []engine.Base
}

// inRegistry finds the digest of the service's image: the one that was pushed
// from this workspace, or the candidate of this commit that another agent left.
func (p *Pipeline) inRegistry(ctx context.Context, s project.Service) (located, error) {
	return p.inRegistryAt(ctx, s, p.CI)
}

// inRegistryAt is inRegistry for a checkout that is taken for another, see apart.
func (p *Pipeline) inRegistryAt(ctx context.Context, s project.Service, at ci.Environment) (located, error) {
	run, lost := p.remembered()
	known, ok := run.Services[s.Name]
	if ok {
		lost = p.current(s.Name, known, at)
	}
	if ok && lost == nil {
		l := located{id: known.Image, by: known.Engine, bases: known.Bases}
		if known.Digest != "" && pushedTo(s.Image, known.Refs) {
			l.digest = s.Image + "@" + known.Digest
		}
		return l, nil
	}
	desc, err := p.resolveCandidate(ctx, s, at)
	if errors.Is(err, registry.ErrNotFound) {
		return located{}, neverBuilt(s, at, lost)
	}
	if err != nil {
		return located{}, err
	}
	return located{digest: s.Image + "@" + desc}, nil
}

// pushedTo is true when one of the references is in the repository: the file's
// image key may have changed since, or a variable in it.
func pushedTo(repository string, refs []string) bool {
	return slices.ContainsFunc(refs, func(ref string) bool {
		in, _ := splitTag(ref)
		return in == repository
	})
}

// resolveCandidate asks the registry for the commit's image. A work tree with
// changes has no name that another agent could have meant.
func (p *Pipeline) resolveCandidate(ctx context.Context, s project.Service, at ci.Environment) (string, error) {
	if s.Image == "" || at.Commit == "" || at.Dirty {
		return "", registry.ErrNotFound
	}
	desc, err := p.registry.Resolve(ctx, s.Image+":"+at.CandidateTag())
	return desc.Digest.String(), err
}

func neverBuilt(s project.Service, at ci.Environment, lost error) error {
	if lost != nil {
		return lost
	}
	where := "in this workspace"
	if s.Image != "" {
		where += " or as " + s.Image + ":" + at.CandidateTag()
	}
	return fault.New(fault.Usage, "retort build "+s.Name, "no image of %s: it was not built %s", s.Name, where)
}

// inEngine finds the service's image and makes sure that the engine has it,
// pulling it by digest when another agent built it.
func (p *Pipeline) inEngine(ctx context.Context, eng Engine, s project.Service) (located, error) {
	l, err := p.inRegistry(ctx, s)
	if err != nil {
		return l, err
	}
	if l.id != "" {
		_, err := eng.InspectImage(ctx, l.id)
		if err == nil || !errors.Is(err, engine.ErrImageNotFound) {
			return l, err
		}
	}
	if l.digest == "" {
		return l, p.gone(l, s.Name)
	}
	p.note("test", s.Name, "pulling "+l.digest)
	info, err := eng.Pull(ctx, l.digest)
	if err != nil {
		return l, fmt.Errorf("bring %s into the engine: %w", s.Name, err)
	}
	l.id = info.ID
	return l, nil
}

// gone says that an image is neither in the engine nor in a registry. Another
// engine than the one that built it never had it.
func (p *Pipeline) gone(l located, service string) error {
	where := "the engine"
	if l.by != "" {
		where += " (it was " + l.by + " that built it)"
	}
	return fault.New(fault.Usage, "retort build "+service,
		"image %s of %s was built but is no longer in %s, and no registry has it: %w", l.id, service, where, engine.ErrImageNotFound)
}
