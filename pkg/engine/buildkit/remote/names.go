package remote

import (
	"fmt"

	"github.com/distribution/reference"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/internal/imagestore"
)

// fullName is the reference with its registry and a tag or digest: one image has
// one name, however it was written.
func fullName(ref string) (string, error) {
	named, err := reference.ParseNormalizedNamed(ref)
	if err != nil {
		return "", fault.Wrap(fault.Usage, fmt.Errorf("image name %q: %w", ref, err), "")
	}
	return reference.TagNameOnly(named).String(), nil
}

func fullNames(refs []string) ([]string, error) {
	names := make([]string, len(refs))
	for i, ref := range refs {
		var err error
		if names[i], err = fullName(ref); err != nil {
			return nil, err
		}
	}
	return names, nil
}

// find gives the image of an ID, a tag or a digest reference.
func find(store *imagestore.Store, ref string) (ocispecs.Descriptor, error) {
	if id := digest.Digest(ref); id.Validate() == nil {
		return store.Image(id)
	}
	named, err := reference.ParseNormalizedNamed(ref)
	if err != nil {
		return ocispecs.Descriptor{}, fmt.Errorf("%s: %w", ref, engine.ErrImageNotFound)
	}
	if desc, err := store.Named(reference.TagNameOnly(named).String()); err == nil {
		return desc, nil
	}
	// A digest names the image in whatever repository.
	if d, ok := named.(reference.Digested); ok {
		return store.Image(d.Digest())
	}
	return ocispecs.Descriptor{}, fmt.Errorf("%s: %w", ref, engine.ErrImageNotFound)
}
