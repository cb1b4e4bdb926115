package remote

import (
	"context"

	"github.com/moby/buildkit/client"

	"github.com/retort-ci/retort/pkg/engine/buildkit"
	"github.com/retort-ci/retort/pkg/engine/buildkit/gatewayrun"
	"github.com/retort-ci/retort/pkg/internal/contentimage"
)

// connect gives the connection to a daemon that answers.
func (e *Engine) connect(ctx context.Context) (*client.Client, error) {
	if _, err := e.answered(ctx); err != nil {
		return nil, err
	}
	c, _, err := e.opened(ctx)
	if err != nil {
		return nil, err
	}
	return c.Connect(ctx)
}

// image gives an image of the store to run. The daemon asks for what it has not of
// it while the container is made.
func (e *Engine) image(ctx context.Context, ref string) (gatewayrun.Image, error) {
	_, store, err := e.opened(ctx)
	if err != nil {
		return gatewayrun.Image{}, err
	}
	desc, err := find(store, ref)
	if err != nil {
		return gatewayrun.Image{}, err
	}
	store.Used(desc.Digest)
	there, err := e.platform(ctx)
	if err != nil {
		return gatewayrun.Image{}, err
	}
	desc, manifest, err := contentimage.ManifestFor(ctx, store, desc, there)
	if err != nil {
		return gatewayrun.Image{}, err
	}
	config, err := contentimage.Config(ctx, store, manifest)
	if err != nil {
		return gatewayrun.Image{}, err
	}
	return gatewayrun.Image{Config: config, State: buildkit.LayoutState(desc.Digest), OCIStores: buildkit.LayoutStores(store)}, nil
}
