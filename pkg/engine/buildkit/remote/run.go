package remote

import (
	"context"

	"github.com/moby/buildkit/client"

	"github.com/retort-ci/retort/pkg/engine/buildkit"
	"github.com/retort-ci/retort/pkg/engine/buildkit/gatewayrun"
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
	img, err := e.choose(ctx, ref)
	if err != nil {
		return gatewayrun.Image{}, err
	}
	return gatewayrun.Image{Config: img.config, State: buildkit.LayoutState(img.digest), OCIStores: buildkit.LayoutStores(img.store)}, nil
}
