package retort

import (
	"context"
	"errors"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/registry"
	"github.com/retort-ci/retort/pkg/step/push"
)

// fixedNames is a registry in which a name that is to stay where it is does so.
type fixedNames struct {
	push.Registry
	resolve func(context.Context, string) (v1.Descriptor, error)
	warn    func(text string)
	names   map[string]firmness // by reference
	force   bool
}

var _ push.Registry = fixedNames{}

// fixedNames lays the rule over p's registry.
func (p *Pipeline) fixedNames(images []outgoing, force bool) fixedNames {
	client := p.registry.With("push", "")
	f := fixedNames{
		Registry: client, resolve: client.Resolve, force: force, names: map[string]firmness{},
		warn: func(text string) { p.warn("push", "", text) },
	}
	for _, img := range images {
		for _, n := range img.names {
			f.names[n.ref] = n.firmness
		}
	}
	return f
}

// Push sends the image when all of its names may be given to it.
func (f fixedNames) Push(ctx context.Context, img v1.Image, refs ...string) (registry.Pushed, error) {
	digest, err := img.Digest()
	if err != nil {
		return registry.Pushed{}, err
	}
	if err := f.check(ctx, digest.String(), refs...); err != nil {
		return registry.Pushed{}, err
	}
	pushed, err := f.Registry.Push(ctx, img, refs...)
	return pushed, immutable(err)
}

// Copy gives the digest one more name. Whether it may was checked before the
// first.
func (f fixedNames) Copy(ctx context.Context, src, dst string) (registry.Copied, error) {
	copied, err := f.Registry.Copy(ctx, src, dst)
	return copied, immutable(err)
}

// check refuses to move a fixed name to another digest.
func (f fixedNames) check(ctx context.Context, digest string, refs ...string) error {
	for _, ref := range refs {
		if f.names[ref] == moves {
			continue
		}
		now, err := f.otherAt(ctx, ref, digest)
		if err != nil {
			return err
		}
		switch {
		case now == "":
		case f.force:
			f.warn(ref + " was " + now + ", and is moved all the same")
		case f.names[ref] == replaced:
			f.warn(ref + " was " + now + ", which another build of the commit had made; this one takes its place")
		default:
			return fault.New(fault.Policy, "give it a version of its own, or move this one: --force-tag",
				"%s is %s already, and stays so; this image is %s", ref, now, digest)
		}
	}
	return nil
}

// otherAt is the digest that the reference names, if it is another one.
func (f fixedNames) otherAt(ctx context.Context, ref, digest string) (string, error) {
	now, err := f.resolve(ctx, ref)
	switch {
	case errors.Is(err, registry.ErrNotFound):
		return "", nil
	case err != nil:
		return "", err
	case now.Digest.String() == digest:
		return "", nil
	}
	return now.Digest.String(), nil
}

// immutable puts a registry's own refusal to move a tag on the side of policy.
func immutable(err error) error {
	if !errors.Is(err, registry.ErrImmutable) {
		return err
	}
	return fault.New(fault.Policy, fault.HintOf(err), "%w", err)
}
