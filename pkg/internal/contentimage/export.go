package contentimage

import (
	"context"

	"github.com/containerd/containerd/v2/core/content"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/progress"
)

// Keep tells whether a layer's blob came from a registry, so that it stays as it is
// whatever compression is chosen.
type Keep func(ctx context.Context, blob digest.Digest) (bool, error)

// Export gives the image as engine.Exporter does: as it lies in the store, readable
// as long as that is, with nothing written to dir; or, with a compression chosen,
// with all layers but those that keep holds for compressed anew, into dir.
func Export(ctx context.Context, store content.Provider, desc ocispecs.Descriptor, dir string, opts engine.ExportOptions, keep Keep) (v1.Image, error) {
	var img v1.Image
	var err error
	if opts.Compression == (engine.Compression{}) {
		// The image outlives the call, so what reads it must not end with ctx.
		img, err = Open(context.WithoutCancel(ctx), store, desc, opts)
	} else {
		img, err = recompress(ctx, store, desc, dir, opts, keep)
	}
	if err != nil {
		return nil, err
	}
	return img, told(img, opts)
}

// told tells that all bytes are there: they need not be brought.
func told(img v1.Image, opts engine.ExportOptions) error {
	manifest, err := img.Manifest()
	if err != nil {
		return err
	}
	var size int64
	for _, layer := range manifest.Layers {
		size += layer.Size
	}
	progress.Or(opts.Progress).Emit(progress.Event{
		Kind: progress.Bytes, Stage: "push", Subject: opts.Subject, Task: "export", Current: size, Total: size,
	})
	return nil
}
