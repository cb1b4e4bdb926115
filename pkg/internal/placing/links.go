package placing

import (
	"context"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
)

// Looker looks at a path in a container: at a symbolic link itself, whose whole
// chain ends at link, within the container. It fails where nothing is.
type Looker func(ctx context.Context, path string) (mode fs.FileMode, link string, err error)

// CheckLinks refuses files that a symbolic link of the image leads to where none
// can be put: out of sight below a tmpfs, or onto the host. Only the engine
// knows the image's links, and is asked only where there is such a place.
func CheckLinks(ctx context.Context, look Looker, spec engine.ContainerSpec) error {
	bars := func(m engine.Mount) bool { return m.Host != "" || m.ReadOnly }
	if len(spec.Tmpfs) == 0 && !slices.ContainsFunc(spec.Mounts, bars) {
		return nil
	}
	led := map[string]string{}
	for _, f := range spec.Files {
		dir, name := path.Split(f.Path)
		if _, known := led[dir]; !known {
			led[dir] = look.follow(ctx, dir)
		}
		if at, _ := Over(spec, path.Join(led[dir], name)); at.Bars != "" {
			return fault.New(fault.Usage, "choose another path for the file, or for the mount",
				"file %s: the image's links lead to %s, and %s", f.Path, path.Join(led[dir], name), at.Bars)
		}
	}
	return nil
}

// follow gives the directory that a path leads to in the container. What is
// missing leads where it says.
func (look Looker) follow(ctx context.Context, dir string) string {
	at := "/"
	for name := range strings.SplitSeq(strings.Trim(dir, "/"), "/") {
		at = path.Join(at, name)
		mode, link, err := look(ctx, at)
		if err == nil && mode&fs.ModeSymlink != 0 {
			at = path.Clean(link)
		}
	}
	return at
}
