package docker

import (
	"context"
	"io/fs"
	"path"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
)

// misplaced looks for the file for which the image has no place: the daemon's
// refusal does not tell a wrong path from a full disk. It is nil when there is
// no such file.
func (c *running) misplaced(ctx context.Context, spec engine.ContainerSpec, t target) error {
	for _, f := range t.files {
		if at, err := c.engine.api.ContainerStatPath(ctx, c.id, f.Path); err == nil && at.Mode.IsDir() {
			return fault.New(fault.Usage, "name a file in it, or another path", "file %s: the image has a directory there", f.Path)
		}
		if err := c.barred(ctx, spec, f.Path); err != nil {
			return err
		}
	}
	return nil
}

// barred looks at the directories that lead to the file, from the inside out.
func (c *running) barred(ctx context.Context, spec engine.ContainerSpec, file string) error {
	for dir := path.Dir(file); dir != "/"; dir = path.Dir(dir) {
		at, err := c.engine.api.ContainerStatPath(ctx, c.id, dir)
		switch {
		case err != nil: // there is none, which is no obstacle
		case at.Mode&fs.ModeSymlink != 0 && spec.ReadOnly:
			return fault.New(fault.Usage, "in a read-only container, name the directory itself: "+at.LinkTarget,
				"file %s: %s of the image is a symbolic link", file, dir)
		case at.Mode&(fs.ModeDir|fs.ModeSymlink) == 0:
			return fault.New(fault.Usage, "choose another path for the file", "file %s: %s of the image is no directory", file, dir)
		}
	}
	return nil
}
