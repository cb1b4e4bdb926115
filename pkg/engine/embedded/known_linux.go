package embedded

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/errdefs"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/engine/embedded/internal/state"
	"github.com/retort-ci/retort/pkg/internal/contentimage"
)

// remember lets the names stand for an image of this slot, in all slots, and its
// digest.
func (o *opened) remember(ctx context.Context, desc ocispecs.Descriptor, names ...string) error {
	store := o.worker.ContentStore()
	info, err := contentimage.Inspect(ctx, store, desc)
	if err != nil {
		return err
	}
	_, manifest, err := contentimage.Manifest(ctx, store, desc)
	if err != nil {
		return err
	}
	sources := map[digest.Digest]map[string]string{}
	for _, layer := range manifest.Layers {
		blob, err := store.Info(ctx, layer.Digest)
		if err != nil {
			return fmt.Errorf("layer %s: %w", layer.Digest, err)
		}
		maps.DeleteFunc(blob.Labels, func(label, _ string) bool { return !strings.HasPrefix(label, sourceLabel) })
		if len(blob.Labels) > 0 {
			sources[layer.Digest] = blob.Labels
		}
	}
	for _, name := range append(names, byID(desc.Digest)) {
		image := state.Image{Name: name, Target: desc, DiffIDs: info.DiffIDs, Sources: sources}
		if err := o.slot.Remember(image); err != nil {
			return fmt.Errorf("remember image %s: %w", name, err)
		}
	}
	return nil
}

// byID is the name of an image that has no other.
func byID(id digest.Digest) string { return nameless + "@" + id.String() }

// labelSources lets the blobs of an image, brought from another slot, be known to
// come from where that one pulled them.
func (o *opened) labelSources(ctx context.Context, id digest.Digest) error {
	known, err := o.slot.Image(byID(id))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	store := o.worker.ContentStore()
	for blob, labels := range known.Sources {
		for label := range labels {
			_, err := store.Update(ctx, content.Info{Digest: blob, Labels: labels}, "labels."+label)
			if err != nil {
				return fmt.Errorf("label %s: %w", blob, err)
			}
		}
	}
	return nil
}

// current gives the image that was last built or pulled under the name, and brings
// it here when that was in another slot. The slot's own entry of the name may be
// older, so it is not asked.
func (o *opened) current(ctx context.Context, name string) (images.Image, error) {
	none := fmt.Errorf("image %s: %w", name, errdefs.ErrNotFound)
	known, err := o.slot.Image(name)
	if errors.Is(err, fs.ErrNotExist) {
		return images.Image{}, none
	}
	if err != nil {
		return images.Image{}, err
	}
	desc, err := o.byDigest(ctx, known.Target.Digest)
	if errors.Is(err, engine.ErrImageNotFound) {
		return images.Image{}, none // collected
	}
	return images.Image{Name: name, Target: desc}, err
}

// byDigest gives the image of this slot, or brings it from another one.
func (o *opened) byDigest(ctx context.Context, id digest.Digest) (ocispecs.Descriptor, error) {
	held, err := o.held(ctx, id)
	if err != nil || len(held) > 0 {
		return target(held), err
	}
	return o.fromElsewhere(ctx, id)
}

// names are the image's in all slots, sorted.
func (o *opened) names(id digest.Digest) ([]string, error) {
	all, err := o.slot.Images()
	var names []string
	for _, image := range all {
		if image.Target.Digest == id {
			names = append(names, image.Name)
		}
	}
	slices.Sort(names)
	return names, err
}
