package retort

import (
	"context"
	"slices"
	"strings"

	"github.com/retort-ci/retort/pkg/ci"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/project"
	"github.com/retort-ci/retort/pkg/registry"
)

// firmness is how a name that has a digest takes another one.
type firmness int

const (
	moves    firmness = iota // as a branch does with every push
	replaced                 // told: a new build of the commit has another image
	fixed                    // refused: a version
)

// imageName is a reference that an image is to have.
type imageName struct {
	ref string
	firmness
}

// names are all references of the build for a service.
func (p *Pipeline) names(ctx context.Context, t *tagger, s project.Service, more []string) ([]imageName, error) {
	values, err := t.values(ctx, s)
	if err != nil {
		return nil, err
	}
	names := []imageName{p.candidateName(s)}
	for _, text := range t.templates() {
		tag, ok, err := expandTag(text, values)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		ref := s.Image + ":" + tag
		if env := p.environmentAt(s, ref); env != "" {
			p.warn("push", s.Name, ref+" is left alone: environment "+env+" reads it, and only promote moves it")
			continue
		}
		names = addName(names, ref, t.isRelease && isVersion(tag))
	}
	for _, text := range more {
		tag, ok, err := expandTag(text, values)
		if err != nil {
			return nil, err
		}
		if !ok {
			p.note("push", s.Name, "--tag "+text+" names what this build does not have and is left out")
			continue
		}
		ref := s.Image + ":" + tag
		if env := p.environmentAt(s, ref); env != "" {
			return nil, fault.New(fault.Usage, "retort promote "+s.Name+" --to "+env,
				"%s is what environment %s reads: only promote moves it, through its gates", ref, env)
		}
		names = addName(names, ref, isVersion(tag) && (t.isRelease || tag == text))
	}
	return p.withPlain(names), nil
}

// candidateName is the commit's. What has no commit of its own moves freely.
func (p *Pipeline) candidateName(s project.Service) imageName {
	n := imageName{ref: p.candidate(s), firmness: replaced}
	if p.CI.Commit == "" || p.CI.Dirty {
		n.firmness = moves
	}
	return n
}

// addName adds the reference if it is not there.
func addName(names []imageName, ref string, isFixed bool) []imageName {
	if slices.ContainsFunc(names, func(n imageName) bool { return n.ref == ref }) {
		return names
	}
	n := imageName{ref: ref}
	if isFixed {
		n.firmness = fixed
	}
	return append(names, n)
}

// withPlain adds the reference of a project that is one Dockerfile with a name.
func (p *Pipeline) withPlain(names []imageName) []imageName {
	if _, tag := splitTag(p.opts.Image); tag != "" {
		return addName(names, p.opts.Image, isVersion(tag))
	}
	return names
}

func isVersion(tag string) bool {
	_, ok := ci.ParseVersion(tag)
	return ok
}

func refsOf(names []imageName) []string {
	refs := make([]string, len(names))
	for i, n := range names {
		refs[i] = n.ref
	}
	return refs
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

// expandTag executes a tag's template. What it puts together from parts that are
// tags may only be too long for one.
func expandTag(text string, values project.TagNames) (string, bool, error) {
	tag, ok, err := project.ExpandTag(text, values)
	if strings.Contains(text, "{{") && len(tag) > 128 {
		tag = registry.SanitizeTag(tag)
	}
	return tag, ok, err
}
