package embedded

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/errdefs"
	"github.com/distribution/reference"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/internal/contentimage"
)

// InspectImage looks into the store of the slot.
func (e *Engine) InspectImage(ctx context.Context, ref string) (engine.ImageInfo, error) {
	o, err := e.open(ctx)
	if err != nil {
		return engine.ImageInfo{}, err
	}
	return o.inspect(ctx, ref)
}

func (o *opened) inspect(ctx context.Context, ref string) (engine.ImageInfo, error) {
	desc, err := o.find(ctx, ref)
	if err != nil {
		return engine.ImageInfo{}, err
	}
	info, err := contentimage.Inspect(ctx, o.worker.ContentStore(), desc)
	if err != nil {
		return engine.ImageInfo{}, err
	}
	names, err := o.names(desc.Digest)
	if err != nil {
		return engine.ImageInfo{}, err
	}
	for _, name := range names {
		switch {
		case strings.HasPrefix(name, nameless+"@"):
		case strings.Contains(name, "@"):
			info.RepoDigests = append(info.RepoDigests, familiar(name))
		default:
			info.RepoTags = append(info.RepoTags, familiar(name))
		}
	}
	return info, nil
}

// find gives what a reference, a digest reference or an image ID stands for.
func (o *opened) find(ctx context.Context, ref string) (ocispecs.Descriptor, error) {
	missing := fmt.Errorf("%s: %w (embedded engine in %s)", ref, engine.ErrImageNotFound, o.slot.Dir())
	if id, err := digest.Parse(ref); err == nil {
		desc, err := o.byDigest(ctx, id)
		if errors.Is(err, engine.ErrImageNotFound) {
			err = missing
		}
		return desc, err
	}
	named, err := reference.ParseDockerRef(ref)
	if err != nil {
		return ocispecs.Descriptor{}, fmt.Errorf("%s: %w: %w", ref, engine.ErrImageNotFound, err)
	}
	image, err := o.images.Get(ctx, named.String())
	if errdefs.IsNotFound(err) {
		err = missing
	}
	return image.Target, err
}

// target is what the first of the entries keeps.
func target(held []images.Image) ocispecs.Descriptor {
	if len(held) == 0 {
		return ocispecs.Descriptor{}
	}
	return held[0].Target
}

// held are the entries of the store that keep the image.
func (o *opened) held(ctx context.Context, id digest.Digest) ([]images.Image, error) {
	return o.images.List(ctx, "target.digest=="+id.String())
}

// familiar is a name as users write it: without docker.io/library.
func familiar(name string) string {
	named, err := reference.ParseNormalizedNamed(name)
	if err != nil {
		return name
	}
	return reference.FamiliarString(named)
}
