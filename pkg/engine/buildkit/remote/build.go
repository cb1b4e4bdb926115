package remote

import (
	"context"
	"errors"
	"fmt"

	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/internal/contentimage"
	"github.com/retort-ci/retort/pkg/internal/imagestore"
)

// Build builds on the daemon and keeps the image here. Its ID is the manifest's
// digest, or of several platforms the index's.
func (e *Engine) Build(ctx context.Context, spec engine.BuildSpec) (engine.Built, error) {
	client, store, err := e.opened(ctx)
	if err != nil {
		return engine.Built{}, err
	}
	if _, err := e.answered(ctx); err != nil {
		return engine.Built{}, err
	}
	tags, err := fullNames(spec.Tags)
	if err != nil {
		return engine.Built{}, err
	}
	built, err := client.Build(ctx, spec)
	switch {
	case errors.Is(err, engine.ErrUnavailable):
		return built, e.away(ctx, err)
	case errors.Is(err, engine.ErrBuild):
		// Over gRPC, a daemon that went away and a build that fails may look alike.
		if _, away := e.ask(ctx); away != nil {
			return engine.Built{}, away
		}
		return built, err
	case err != nil:
		return built, err
	}
	desc, err := describe(ctx, store, digest.Digest(built.ID))
	if err == nil {
		err = store.Keep(desc, tags...)
	}
	return built, err
}

// describe is the descriptor of a manifest or an index that the store has.
func describe(ctx context.Context, store *imagestore.Store, of digest.Digest) (ocispecs.Descriptor, error) {
	info, err := store.Info(ctx, of)
	if err != nil {
		return ocispecs.Descriptor{}, fmt.Errorf("the daemon's result %s is not in the image store: %w", of, err)
	}
	return contentimage.Describe(ctx, store, of, info.Size)
}
