package remote

import (
	"context"
	"errors"

	"github.com/retort-ci/retort/pkg/engine"
)

// Look opens the image where the daemon unpacks it. What it has of the image, as
// after a build, is not sent to it.
func (e *Engine) Look(ctx context.Context, id string, look func(context.Context, engine.Unpacked) error) error {
	img, err := e.choose(ctx, id)
	if err != nil {
		return err
	}
	err = img.client.LookInto(ctx, img.digest, img.config, look)
	if errors.Is(err, engine.ErrUnavailable) {
		return e.away(ctx, err)
	}
	return err
}
