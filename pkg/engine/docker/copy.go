package docker

import (
	"context"
	"fmt"
	"io"

	"github.com/containerd/errdefs"

	"github.com/retort-ci/retort/pkg/engine"
)

// CopyFrom reads the archive API, which answers for ended containers too.
func (c *running) CopyFrom(ctx context.Context, path string) (io.ReadCloser, error) {
	what := "copy " + path
	tar, _, err := c.engine.api.CopyFromContainer(ctx, c.id, path)
	if errdefs.IsNotFound(err) {
		return nil, fmt.Errorf("%s: %w", path, engine.ErrPathNotFound)
	}
	if err != nil {
		return nil, c.engine.explain(ctx, what, err)
	}
	return c.engine.explained(ctx, what, tar), nil
}
