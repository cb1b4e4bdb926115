package embedded

import (
	"context"
	"fmt"
	"strings"

	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/errdefs"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/internal/contentimage"
)

var _ engine.IndexExporter = (*Engine)(nil)

// Export gives the image as it lies in the store: its layers were compressed when
// they were built, and those of a base are as they came. Nothing is written to
// dir, and the image can be read while the engine is open. With a compression
// chosen, the layers that were built here are compressed anew, into dir.
func (e *Engine) Export(ctx context.Context, id string, dir string, opts engine.ExportOptions) (v1.Image, error) {
	o, err := e.open(ctx)
	if err != nil {
		return nil, err
	}
	desc, err := o.find(ctx, id)
	if err != nil {
		return nil, err
	}
	img, err := contentimage.Export(ctx, o.worker.ContentStore(), desc, dir, opts, o.cameFromRegistry)
	if err != nil {
		return nil, fmt.Errorf("export %s: %w", id, err)
	}
	return img, nil
}

// ExportIndex gives an image of several platforms as it lies in the store. Of one
// that was pulled, only this machine's platform is there: that is for Export.
func (e *Engine) ExportIndex(ctx context.Context, id string, opts engine.ExportOptions) (v1.ImageIndex, error) {
	o, err := e.open(ctx)
	if err != nil {
		return nil, err
	}
	desc, err := o.find(ctx, id)
	if err != nil {
		return nil, err
	}
	store := o.worker.ContentStore()
	index, err := contentimage.OpenIndex(context.WithoutCancel(ctx), store, desc, opts)
	if err != nil || index == nil {
		return nil, err
	}
	whole, err := o.whole(ctx, desc)
	switch {
	case err != nil || !whole:
		return nil, err
	case opts.Compression != (engine.Compression{}):
		return nil, fault.Wrap(fault.Usage, fmt.Errorf("export %s: compress an image of several platforms anew: %w", id, engine.ErrUnsupported), "leave out --compression")
	}
	return index, nil
}

// whole tells whether the store has all that the index names.
func (o *opened) whole(ctx context.Context, index ocispecs.Descriptor) (bool, error) {
	manifests, err := images.Children(ctx, o.worker.ContentStore(), index)
	if err != nil {
		return false, err
	}
	for _, manifest := range manifests {
		_, err := o.worker.ContentStore().Info(ctx, manifest.Digest)
		if errdefs.IsNotFound(err) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
	}
	return true, nil
}

// cameFromRegistry tells by the label with which containerd notes where a blob
// was pulled from.
func (o *opened) cameFromRegistry(ctx context.Context, blob digest.Digest) (bool, error) {
	info, err := o.worker.ContentStore().Info(ctx, blob)
	for name := range info.Labels {
		if strings.HasPrefix(name, sourceLabel) {
			return true, err
		}
	}
	return false, err
}
