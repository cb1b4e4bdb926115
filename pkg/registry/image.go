package registry

import (
	"context"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Image gives the image that ref names; of an index, the one that fits the
// platform best (this machine's architecture on linux when platform is nil).
// Its config and layers are fetched when they are asked for, within ctx.
func (c *Client) Image(ctx context.Context, ref string, platform *v1.Platform) (v1.Image, error) {
	parsed, err := c.parse(ref)
	if err != nil {
		return nil, err
	}
	m, err := c.get(ctx, parsed)
	if err != nil {
		return nil, err
	}
	return c.imageFor(ctx, parsed, m, platform)
}

// imageFor gives the image behind a manifest or index that was fetched.
func (c *Client) imageFor(ctx context.Context, ref name.Reference, m *manifest, platform *v1.Platform) (v1.Image, error) {
	if m.MediaType.IsIndex() {
		child, err := c.child(ref, m, platform)
		if err != nil {
			return nil, err
		}
		if m, err = c.get(ctx, ref.Context().Digest(child.String())); err != nil {
			return nil, err
		}
	}
	img, err := c.pulled(ctx, ref.Context(), m)
	return img, c.explain(pulling("read", ref), err)
}

// Layers gives the layers of the image that ref names, as its registry holds
// them, by diff ID. Pushed into another repository of the same registry they
// are mounted, elsewhere streamed; they are never compressed anew.
func (c *Client) Layers(ctx context.Context, ref string, platform *v1.Platform) (map[v1.Hash]v1.Layer, error) {
	img, err := c.Image(ctx, ref, platform)
	if err != nil {
		return nil, err
	}
	parsed, err := c.parse(ref)
	if err != nil {
		return nil, err
	}
	layers, err := img.Layers()
	if err != nil {
		return nil, c.explain(pulling("read layers of", parsed), err)
	}
	known := make(map[v1.Hash]v1.Layer, len(layers))
	for _, layer := range layers {
		diffID, err := layer.DiffID() // from the config, not from the bytes
		if err != nil {
			return nil, c.explain(pulling("read config of", parsed), err)
		}
		known[diffID] = layer
	}
	return known, nil
}
