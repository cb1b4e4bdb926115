package remote

import (
	"context"
	"slices"

	"github.com/distribution/reference"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/internal/contentimage"
	"github.com/retort-ci/retort/pkg/internal/imagestore"
)

// InspectImage tells of an image of the store: by its ID, a tag that a build gave
// it, or a digest reference. The daemon is not asked.
func (e *Engine) InspectImage(ctx context.Context, ref string) (engine.ImageInfo, error) {
	_, store, err := e.opened(ctx)
	if err != nil {
		return engine.ImageInfo{}, err
	}
	desc, err := find(store, ref)
	if err != nil {
		return engine.ImageInfo{}, err
	}
	store.Used(desc.Digest)
	return inspect(ctx, store, desc)
}

func inspect(ctx context.Context, store *imagestore.Store, desc ocispecs.Descriptor) (engine.ImageInfo, error) {
	info, err := contentimage.Inspect(ctx, store, desc)
	if err != nil {
		return info, err
	}
	info.RepoTags, info.RepoDigests, err = store.NamesOf(desc.Digest)
	for _, names := range [][]string{info.RepoTags, info.RepoDigests} {
		for i := range names {
			names[i] = familiar(names[i])
		}
	}
	return info, err
}

// familiar is a full name as people write it: without Docker Hub's registry.
func familiar(name string) string {
	named, err := reference.ParseNormalizedNamed(name)
	if err != nil {
		return name
	}
	return reference.FamiliarString(named)
}

// KnownAs gives the repo@digest references of pulled images that are this image,
// or its lower layers: what registries already hold of it.
func (e *Engine) KnownAs(ctx context.Context, id string) ([]string, error) {
	of, err := e.InspectImage(ctx, id)
	if err != nil {
		return nil, err
	}
	_, store, err := e.opened(ctx)
	if err != nil {
		return nil, err
	}
	names, err := store.Names()
	if err != nil {
		return nil, err
	}
	pulled := map[digest.Digest]bool{}
	for name, image := range names {
		if named, err := reference.ParseNormalizedNamed(name); err == nil {
			if _, digested := named.(reference.Digested); digested {
				pulled[image] = true
			}
		}
	}
	var known []string
	for image := range pulled {
		desc, err := store.Image(image)
		if err != nil {
			continue // forgotten meanwhile
		}
		info, err := inspect(ctx, store, desc)
		if err != nil {
			return nil, err
		}
		if len(info.DiffIDs) <= len(of.DiffIDs) && slices.Equal(info.DiffIDs, of.DiffIDs[:len(info.DiffIDs)]) {
			known = append(known, info.RepoDigests...)
		}
	}
	slices.Sort(known)
	return known, nil
}
