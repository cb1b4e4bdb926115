package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// errUnlike is for two images that cannot be made one.
var errUnlike = errors.New("the two cannot be put together")

// takeTag brings what stands under the tag that is made of subject's digest.
// Where the destination has such a tag, it keeps what it has there: it may have
// been signed by others than the source.
func (c *Client) takeTag(ctx context.Context, t *task, subject name.Digest, suffix string, dst name.Repository) error {
	tag := strings.Replace(subject.DigestStr(), ":", "-", 1) + suffix
	from, err := c.tag(subject.Context(), tag)
	if err != nil {
		return err
	}
	to, err := c.tag(dst, tag)
	if err != nil {
		return err
	}
	m, err := c.get(ctx, from)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	defer c.subjects.lock(to.Name())()
	now, err := c.get(ctx, to)
	switch {
	case errors.Is(err, ErrNotFound):
		return c.deliver(ctx, t, m, subject.Context(), to)
	case err != nil || now.Digest == m.Digest:
		return err
	}
	err = c.addToTag(ctx, t, m, from, now, to)
	if errors.Is(err, errUnlike) {
		c.warn(fmt.Sprintf("%s stays as it is, without what %s has: %v", show(to), show(from), err))
		return nil
	}
	return err
}

// addToTag puts what m has and now lacks, which the tag names, behind what now
// has, as cosign does: each signature is a layer. Where m has them all, it is put
// as it is, and both sides have the same again.
func (c *Client) addToTag(ctx context.Context, t *task, m *manifest, from name.Reference, now *manifest, to name.Reference) error {
	brought, err := layered(m, from)
	if err != nil {
		return err
	}
	kept, err := layered(now, to)
	if err != nil {
		return err
	}
	added := beside(kept.Layers, brought.Layers)
	switch {
	case len(added) == 0:
		return nil
	case now.MediaType != m.MediaType || kept.Config.MediaType != brought.Config.MediaType || kept.ArtifactType != brought.ArtifactType:
		return fmt.Errorf("%w: they are not of one kind", errUnlike)
	case len(beside(brought.Layers, kept.Layers)) == 0:
		return c.deliver(ctx, t, m, from.Context(), to)
	case strings.HasSuffix(to.Identifier(), ".sbom"):
		return fmt.Errorf("%w: of SBOMs there is one", errUnlike) // cosign refuses to read several
	}
	config, err := c.joinConfigs(ctx, kept, brought, added)
	if err != nil {
		return err
	}
	blobs := []blob{data(config)}
	for _, i := range added {
		kept.Layers = append(kept.Layers, brought.Layers[i])
		blobs = append(blobs, c.blobOf(from.Context(), brought.Layers[i]))
	}
	desc := describe("", config, nil)
	kept.Config.Digest, kept.Config.Size, kept.Config.Data = desc.Digest, desc.Size, nil
	raw, err := json.Marshal(kept.Manifest)
	if err != nil {
		return err
	}
	return c.store(ctx, t, to, newManifest(now.MediaType, raw), blobs)
}

// stack is an image that a tag names, to which layers are added.
type stack struct {
	v1.Manifest
	ref name.Reference
}

// layered parses the manifest of an image.
func layered(m *manifest, ref name.Reference) (*stack, error) {
	if !m.MediaType.IsImage() {
		return nil, fmt.Errorf("%w: %s is no image", errUnlike, m.Digest)
	}
	image := stack{ref: ref}
	if err := json.Unmarshal(m.raw, &image.Manifest); err != nil {
		return nil, fmt.Errorf("%w: parse manifest %s: %w", errUnlike, m.Digest, err)
	}
	return &image, nil
}

// beside gives the places of the layers that are not among the known. Their bytes
// do not tell them apart: all signatures are of the same, and stand in annotations.
func beside(known, layers []v1.Descriptor) []int {
	var found []int
	for i, layer := range layers {
		same := func(d v1.Descriptor) bool {
			return d.Digest == layer.Digest && maps.Equal(d.Annotations, layer.Annotations)
		}
		if !slices.ContainsFunc(known, same) {
			found = append(found, i)
		}
	}
	return found
}

// joinConfigs gives the config of kept, with what brought's says of the layers
// that are added. One that says nothing of layers, and is both images', stays.
func (c *Client) joinConfigs(ctx context.Context, kept, brought *stack, added []int) ([]byte, error) {
	raw, config, err := c.configOf(ctx, kept)
	if err != nil {
		return nil, err
	}
	_, other, err := c.configOf(ctx, brought)
	if err != nil {
		return nil, err
	}
	if kept.Config.Digest == brought.Config.Digest && len(config.RootFS.DiffIDs) == 0 {
		return raw, nil
	}
	if len(config.RootFS.DiffIDs) != len(kept.Layers) || len(other.RootFS.DiffIDs) != len(brought.Layers) {
		return nil, fmt.Errorf("%w: the config of one is not about its layers", errUnlike)
	}
	for _, i := range added {
		config.RootFS.DiffIDs = append(config.RootFS.DiffIDs, other.RootFS.DiffIDs[i])
		if len(other.History) == len(brought.Layers) {
			config.History = append(config.History, other.History[i])
		}
	}
	return json.Marshal(config)
}

// configOf reads the image's config.
func (c *Client) configOf(ctx context.Context, image *stack) ([]byte, *v1.ConfigFile, error) {
	raw, err := c.data(ctx, image.ref.Context(), image.Config)
	if err != nil {
		return nil, nil, c.explain(pulling("read config of", image.ref), err)
	}
	var config v1.ConfigFile
	if err := json.Unmarshal(raw, &config); err != nil {
		return nil, nil, fmt.Errorf("%w: parse config of %s: %w", errUnlike, show(image.ref), err)
	}
	return raw, &config, nil
}
