package registry

import (
	"context"
	"fmt"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/retort-ci/retort/pkg/progress"
)

// PushIndex sends an index with everything below it to every reference, as Push
// does an image: what names others comes after them, so that no reader meets half
// of it.
func (c *Client) PushIndex(ctx context.Context, index v1.ImageIndex, refs ...string) (Pushed, error) {
	parsed, err := c.parseAll(refs)
	if err != nil {
		return Pushed{}, err
	}
	t := c.begin("push " + show(parsed[0].Context()))
	pushed, err := c.pushIndex(ctx, t, index, parsed)
	t.end(progress.Done, err)
	return pushed, err
}

func (c *Client) pushIndex(ctx context.Context, t *task, index v1.ImageIndex, refs []name.Reference) (Pushed, error) {
	m, err := manifestOf(index)
	if err != nil {
		return Pushed{}, fmt.Errorf("manifest of the pushed index: %w", err)
	}
	missing, err := c.without(ctx, index, refs)
	if err != nil {
		return Pushed{}, err
	}
	if len(missing) > 0 {
		if err := c.depositIndex(ctx, t, index, missing); err != nil {
			return Pushed{}, err
		}
	}
	pushed := Pushed{Repository: show(refs[0].Context()), Digest: m.Digest.String()}
	for _, ref := range refs {
		pushed.Refs = append(pushed.Refs, show(ref))
	}
	return pushed, c.putAll(ctx, missing, m)
}

// depositIndex brings what the index names into each repository of the references.
func (c *Client) depositIndex(ctx context.Context, t *task, index v1.ImageIndex, refs []name.Reference) error {
	named, err := index.IndexManifest()
	if err != nil {
		return fmt.Errorf("manifest of the pushed index: %w", err)
	}
	for _, desc := range named.Manifests {
		child, err := c.depositChild(ctx, t, index, desc, refs)
		if err != nil {
			return fmt.Errorf("%s of the pushed index: %w", desc.Digest, err)
		}
		var at []name.Reference
		for _, repo := range repositories(refs) {
			at = append(at, repo.Digest(desc.Digest.String()))
		}
		if err := c.putAll(ctx, at, child); err != nil {
			return err
		}
	}
	return nil
}

// depositChild brings what is below one manifest, and gives that.
func (c *Client) depositChild(ctx context.Context, t *task, index v1.ImageIndex, desc v1.Descriptor, refs []name.Reference) (*manifest, error) {
	if desc.MediaType.IsIndex() {
		inner, err := index.ImageIndex(desc.Digest)
		if err != nil {
			return nil, err
		}
		if err := c.depositIndex(ctx, t, inner, refs); err != nil {
			return nil, err
		}
		return manifestOf(inner)
	}
	img, err := index.Image(desc.Digest)
	if err != nil {
		return nil, err
	}
	t.expect(size(img))
	if err := c.depositImage(ctx, t, img, refs); err != nil {
		return nil, err
	}
	return manifestOf(img)
}
