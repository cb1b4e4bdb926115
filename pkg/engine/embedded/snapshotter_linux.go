package embedded

import (
	"os"
	"path/filepath"

	"github.com/containerd/containerd/v2/core/snapshots"
	"github.com/containerd/containerd/v2/plugins/snapshots/native"
	"github.com/containerd/containerd/v2/plugins/snapshots/overlay"
	"github.com/containerd/containerd/v2/plugins/snapshots/overlay/overlayutils"
)

// The snapshotters' names, as BuildKit has them.
const (
	overlayfs = "overlayfs"
	plain     = "native" // a copy of all files for each layer
)

// snapshotter gives the name of the one that works in dir. It is asked each time:
// the same directory may be seen from another kernel, or with other rights.
func snapshotter(dir string) string {
	if overlayutils.Supported(dir) != nil {
		return plain
	}
	return overlayfs
}

// snapshotterBefore is the one that dir was used with, and empty where it was used
// with none or both.
func snapshotterBefore(dir string) (name string) {
	for _, one := range []string{overlayfs, plain} {
		if _, err := os.Stat(filepath.Join(dir, one)); err != nil {
			continue
		}
		if name != "" {
			return ""
		}
		name = one
	}
	return name
}

// openSnapshotter opens what a worker's directory has of it.
func openSnapshotter(name, root string) (snapshots.Snapshotter, error) {
	root = filepath.Join(root, "snapshots")
	if name == plain {
		return native.NewSnapshotter(root)
	}
	if err := os.MkdirAll(root, 0o700); err != nil {
		return nil, err
	}
	known, err := openLayersDB(filepath.Join(root, "metadata.db"))
	if err != nil {
		return nil, err
	}
	return overlay.NewSnapshotter(root, overlay.AsynchronousRemove, overlay.WithMetaStore(known))
}
