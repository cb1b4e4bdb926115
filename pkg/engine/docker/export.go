package docker

import (
	"context"
	"fmt"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/internal/savedimage"
	"github.com/retort-ci/retort/pkg/progress"
)

// Export reads the daemon's `docker save` stream once, to the disk in dir, and
// compresses the layers that no registry holds yet while it is read.
func (e *Engine) Export(ctx context.Context, id string, dir string, opts engine.ExportOptions) (v1.Image, error) {
	info, err := e.InspectImage(ctx, id)
	if err != nil {
		return nil, err
	}
	stream, err := e.api.ImageSave(ctx, []string{info.ID})
	if err != nil {
		return nil, e.explain(ctx, "export image", err)
	}
	defer func() { _ = stream.Close() }()
	counted := progress.NewReader(e.explained(ctx, "export image", stream), opts.Progress, progress.Event{
		Stage: "push", Subject: opts.Subject, Task: "export", Total: info.Size,
	})
	img, err := savedimage.Read(ctx, counted, savedimage.Options{
		Dir: dir, DiffIDs: info.DiffIDs, Known: opts.Known, Ready: opts.Ready, Compression: opts.Compression,
	})
	if err != nil {
		return nil, fmt.Errorf("docker at %s: export %s: %w", e.address, id, err)
	}
	return img, nil
}
