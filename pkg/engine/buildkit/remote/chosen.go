package remote

import (
	"context"

	digest "github.com/opencontainers/go-digest"

	"github.com/retort-ci/retort/pkg/engine/buildkit"
	"github.com/retort-ci/retort/pkg/internal/contentimage"
	"github.com/retort-ci/retort/pkg/internal/imagestore"
)

// chosen is an image of the store that is about to be used, as the daemon's worker
// would take it.
type chosen struct {
	client *buildkit.Client
	store  *imagestore.Store
	found  digest.Digest // of the manifest, or of an index
	digest digest.Digest // of the manifest for the worker's platform
	config []byte        // its image's, as JSON
}

// choose finds the image that a reference or an ID names.
func (e *Engine) choose(ctx context.Context, ref string) (chosen, error) {
	client, store, err := e.opened(ctx)
	if err != nil {
		return chosen{}, err
	}
	found, err := find(store, ref)
	if err != nil {
		return chosen{}, err
	}
	store.Used(found.Digest)
	there, err := e.platform(ctx)
	if err != nil {
		return chosen{}, err
	}
	desc, manifest, err := contentimage.ManifestFor(ctx, store, found, there)
	if err != nil {
		return chosen{}, err
	}
	config, err := contentimage.Config(ctx, store, manifest)
	return chosen{client: client, store: store, found: found.Digest, digest: desc.Digest, config: config}, err
}
