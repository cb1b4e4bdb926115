package placing

import (
	"context"
	"io/fs"
	"path"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
)

// Misplaced looks for the file for which the image has no place: an engine's
// refusal does not tell a wrong path from a full disk. It is nil when there is
// no such file.
func Misplaced(ctx context.Context, look Looker, spec engine.ContainerSpec, files []engine.File) error {
	for _, f := range files {
		if mode, _, err := look(ctx, f.Path); err == nil && mode.IsDir() {
			return fault.New(fault.Usage, "name a file in it, or another path", "file %s: the image has a directory there", f.Path)
		}
		if err := look.barred(ctx, spec, f.Path); err != nil {
			return err
		}
	}
	return nil
}

// barred looks at the directories that lead to the file, from the inside out.
func (look Looker) barred(ctx context.Context, spec engine.ContainerSpec, file string) error {
	for dir := path.Dir(file); dir != "/"; dir = path.Dir(dir) {
		mode, link, err := look(ctx, dir)
		switch {
		case err != nil: // there is none, which is no obstacle
		case mode&fs.ModeSymlink != 0 && spec.ReadOnly:
			return fault.New(fault.Usage, "in a read-only container, name the directory itself: "+link,
				"file %s: %s of the image is a symbolic link", file, dir)
		case mode&(fs.ModeDir|fs.ModeSymlink) == 0:
			return fault.New(fault.Usage, "choose another path for the file", "file %s: %s of the image is no directory", file, dir)
		}
	}
	return nil
}
