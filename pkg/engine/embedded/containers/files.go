//go:build linux

package containers

import (
	"context"
	"fmt"
	"io/fs"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/internal/placing"
)

// checkFiles looks, before anything is mounted, for files that the image has no
// place for.
func (c *container) checkFiles(ctx context.Context) error {
	if err := placing.CheckLinks(ctx, c.look, c.spec); err != nil {
		return err
	}
	if c.spec.ReadOnly {
		return placing.Misplaced(ctx, c.look, c.spec, c.spec.Files)
	}
	return nil
}

func (c *container) look(_ context.Context, path string) (fs.FileMode, string, error) {
	return c.tree.look(path)
}

// putFiles writes the spec's files into the container's tree.
func (c *container) putFiles(ctx context.Context) error {
	for _, f := range c.spec.Files {
		err := c.tree.write(f)
		if err == nil {
			continue
		}
		if misplaced := placing.Misplaced(ctx, c.look, c.spec, []engine.File{f}); misplaced != nil {
			return misplaced
		}
		return fault.Wrap(fault.Infrastructure, fmt.Errorf("put file %s into a container of %s: %w", f.Path, c.spec.Image, err), "")
	}
	return nil
}
