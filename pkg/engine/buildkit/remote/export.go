package remote

import (
	"context"
	"fmt"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	digest "github.com/opencontainers/go-digest"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/internal/contentimage"
)

// Export gives the image as it lies in the store: its layers were compressed when
// they were built. Nothing is written to dir, and the image can be read while the
// engine is open. With a compression chosen, the layers that no registry is known
// to hold are compressed anew, into dir.
func (e *Engine) Export(ctx context.Context, id string, dir string, opts engine.ExportOptions) (v1.Image, error) {
	_, store, err := e.opened(ctx)
	if err != nil {
		return nil, err
	}
	desc, err := find(store, id)
	if err != nil {
		return nil, err
	}
	store.Used(desc.Digest)
	img, err := contentimage.Export(ctx, store, desc, dir, opts, func(_ context.Context, of digest.Digest) (bool, error) {
		return store.From(of) != "", nil
	})
	if err != nil {
		return nil, fmt.Errorf("export %s: %w", id, err)
	}
	return img, nil
}

// ExportIndex gives an image of several platforms as it lies in the store.
func (e *Engine) ExportIndex(ctx context.Context, id string, opts engine.ExportOptions) (v1.ImageIndex, error) {
	_, store, err := e.opened(ctx)
	if err != nil {
		return nil, err
	}
	desc, err := find(store, id)
	if err != nil {
		return nil, err
	}
	store.Used(desc.Digest)
	index, err := contentimage.OpenIndex(context.WithoutCancel(ctx), store, desc, opts)
	if err == nil && index != nil && opts.Compression != (engine.Compression{}) {
		err = fault.Wrap(fault.Usage, fmt.Errorf("export %s: compress an image of several platforms anew: %w", id, engine.ErrUnsupported), "leave out --compression")
	}
	return index, err
}
