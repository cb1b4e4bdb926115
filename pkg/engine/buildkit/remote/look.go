package remote

import (
	"context"
	"errors"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/internal/contentimage"
)

// Look opens the image where the daemon unpacks it. What it has of the image, as
// after a build, is not sent to it.
func (e *Engine) Look(ctx context.Context, id string, look func(context.Context, engine.Unpacked) error) error {
	client, store, err := e.opened(ctx)
	if err != nil {
		return err
	}
	desc, err := find(store, id)
	if err != nil {
		return err
	}
	store.Used(desc.Digest)
	there, err := e.platform(ctx)
	if err != nil {
		return err
	}
	desc, manifest, err := contentimage.ManifestFor(ctx, store, desc, there)
	if err != nil {
		return err
	}
	config, err := contentimage.Config(ctx, store, manifest)
	if err != nil {
		return err
	}
	err = client.LookInto(ctx, desc.Digest, config, look)
	if errors.Is(err, engine.ErrUnavailable) {
		return e.away(ctx, err)
	}
	return err
}
