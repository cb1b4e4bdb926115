package remote

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/internal/contentimage"
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
	client, store, err := e.opened(ctx)
	if err != nil {
		return "", err
	}
	desc, err := find(store, id)
	if err != nil {
		return "", err
	}
	store.Used(desc.Digest)
	there, err := e.platform(ctx)
	if err != nil {
		return "", err
	}
	one, manifest, err := contentimage.ManifestFor(ctx, store, desc, there)
	if err != nil {
		return "", err
	}
	if one.Digest != desc.Digest {
		return "", fmt.Errorf("push %s: an image of several platforms: %w", id, engine.ErrUnsupported)
	}
	config, err := contentimage.Config(ctx, store, manifest)
	if err != nil {
		return "", err
	}
	pushed, err := client.Send(ctx, one.Digest, config, repository)
	switch {
	case errors.Is(err, engine.ErrUnavailable):
		return "", e.away(ctx, err)
	case err == nil && pushed != one.Digest:
		err = fmt.Errorf("push %s: buildkitd made %s of it: %w", one.Digest, pushed, engine.ErrUnsupported)
	}
	return pushed.String(), err
}
