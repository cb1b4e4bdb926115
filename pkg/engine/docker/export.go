package docker

import (
	"context"
	"fmt"
	"io"

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
	stream := &saved{open: func() (io.ReadCloser, error) { return e.api.ImageSave(ctx, []string{info.ID}) }}
	defer func() { _ = stream.Close() }()
	counted := progress.NewReader(e.explained(ctx, "export image", stream), opts.Progress, progress.Event{
		Stage: "push", Subject: opts.Subject, Task: "export", Total: info.Size,
	})
	img, err := savedimage.Read(ctx, counted, savedimage.Options{
		Dir: dir, DiffIDs: info.DiffIDs, Known: opts.Known, Ready: opts.Ready, Compression: opts.Compression,
	})
	if stream.refused != nil {
		return nil, e.explain(ctx, "export image", stream.refused)
	}
	if err != nil {
		return nil, fmt.Errorf("docker at %s: export %s: %w", e.address, id, err)
	}
	return img, nil
}

// saved is the stream of `docker save`, asked for when it is first read: the
// daemon answers when it has copied the image aside, and registries are asked
// meanwhile.
type saved struct {
	open    func() (io.ReadCloser, error)
	body    io.ReadCloser
	refused error // why there is no body
}

func (s *saved) Read(p []byte) (int, error) {
	if s.body == nil && s.refused == nil {
		s.body, s.refused = s.open()
	}
	if s.refused != nil {
		return 0, s.refused
	}
	return s.body.Read(p)
}

// Close ends the save, if it has begun.
func (s *saved) Close() error {
	if s.body == nil {
		return nil
	}
	return s.body.Close()
}
