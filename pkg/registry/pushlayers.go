package registry

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"golang.org/x/sync/errgroup"
)

// depositImage brings layers and config into each repository of the references,
// at once. Layers whose digest only reading tells can be read once: they go to
// the first repository, and are mounted from there into the others.
func (c *Client) depositImage(ctx context.Context, t *task, img v1.Image, refs []name.Reference) error {
	layers, err := img.Layers()
	if err != nil {
		return fmt.Errorf("layers of the image: %w", err)
	}
	repos := repositories(refs)
	if len(repos) > 0 && slices.ContainsFunc(layers, streamed) {
		if err := c.depositInto(ctx, t, repos[0], img, layers); err != nil {
			return err
		}
		repos = repos[1:]
	}
	group, ctx := errgroup.WithContext(ctx)
	for _, repo := range repos {
		group.Go(func() error { return c.depositInto(ctx, t, repo, img, layers) })
	}
	return group.Wait()
}

func (c *Client) depositInto(ctx context.Context, t *task, repo name.Repository, img v1.Image, layers []v1.Layer) error {
	var blobs []blob
	for _, layer := range layers {
		if foreign(layer) {
			continue // it has an address of its own, and may not be copied
		}
		b, err := layerBlob(layer)
		if err != nil {
			return err
		}
		blobs = append(blobs, b)
	}
	late := slices.ContainsFunc(blobs, func(b blob) bool { return !b.known() })
	if late { // the config tells the layers' digests
		if err := c.depositAll(ctx, t, repo, blobs); err != nil {
			return err
		}
		blobs = nil
	}
	config, err := configBlob(img)
	if err != nil {
		return err
	}
	return c.depositAll(ctx, t, repo, append(blobs, config))
}

func configBlob(img v1.Image) (blob, error) {
	layer, err := partial.ConfigLayer(img)
	if err != nil {
		return blob{}, fmt.Errorf("config of the image: %w", err)
	}
	return layerBlob(layer)
}

func streamed(layer v1.Layer) bool {
	_, err := layer.Digest()
	return unread(err)
}

func foreign(layer v1.Layer) bool {
	mediaType, err := layer.MediaType()
	return err == nil && !mediaType.IsDistributable()
}

// repositories are those of the references, each once.
func repositories(refs []name.Reference) []name.Repository {
	var repos []name.Repository
	for _, ref := range refs {
		known := func(r name.Repository) bool { return r.Name() == ref.Context().Name() }
		if !slices.ContainsFunc(repos, known) {
			repos = append(repos, ref.Context())
		}
	}
	return repos
}
