package remote

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/retort-ci/retort/pkg/engine"
)

var _ engine.Sender = (*Engine)(nil)

// Sends is true of a daemon on another machine, and a registry that is the same from
// there: what was built there need not be sent from here.
func (e *Engine) Sends(ctx context.Context, repository string) (bool, error) {
	parsed, err := name.NewRepository(repository)
	if err != nil || loopback(parsed.RegistryStr()) {
		return false, err
	}
	here, err := e.here(ctx)
	return !here, err
}

// Send has the daemon push the image that lies in the store here, too.
func (e *Engine) Send(ctx context.Context, id, repository string) (string, error) {
	img, err := e.choose(ctx, id)
	if err != nil {
		return "", err
	}
	if img.digest != img.found {
		return "", fmt.Errorf("push %s: an image of several platforms: %w", id, engine.ErrUnsupported)
	}
	pushed, err := img.client.Send(ctx, img.digest, img.config, repository)
	switch {
	case errors.Is(err, engine.ErrUnavailable):
		return "", e.away(ctx, err)
	case err == nil && pushed != img.digest:
		err = fmt.Errorf("push %s: buildkitd made %s of it: %w", img.digest, pushed, engine.ErrUnsupported)
	}
	return pushed.String(), err
}
