package docker

import (
	"context"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
)

// checkLinks refuses files that a symbolic link of the image leads to where none
// can be put: out of sight below a tmpfs, or onto the host. Only the daemon
// knows the image's links, and is asked only where there is such a place.
func (c *running) checkLinks(ctx context.Context, spec engine.ContainerSpec) error {
	bars := func(m engine.Mount) bool { return m.Host != "" || m.ReadOnly }
	if len(spec.Tmpfs) == 0 && !slices.ContainsFunc(spec.Mounts, bars) {
		return nil
	}
	led := map[string]string{}
	for _, f := range spec.Files {
		dir, name := path.Split(f.Path)
		if _, known := led[dir]; !known {
			led[dir] = c.follow(ctx, dir)
		}
		if at, _ := over(spec, path.Join(led[dir], name)); at.bars != "" {
			return fault.New(fault.Usage, "choose another path for the file, or for the mount",
				"file %s: the image's links lead to %s, and %s", f.Path, path.Join(led[dir], name), at.bars)
		}
	}
	return nil
}

// follow gives the directory that a path leads to in the container. What is
// missing leads where it says.
func (c *running) follow(ctx context.Context, dir string) string {
	at := "/"
	for name := range strings.SplitSeq(strings.Trim(dir, "/"), "/") {
		at = path.Join(at, name)
		// The daemon gives the end of a chain of links, within the container.
		s, err := c.engine.api.ContainerStatPath(ctx, c.id, at)
		if err == nil && s.Mode&fs.ModeSymlink != 0 {
			at = path.Clean(s.LinkTarget)
		}
	}
	return at
}
