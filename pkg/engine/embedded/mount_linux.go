package embedded

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/containerd/containerd/v2/core/mount"
	"github.com/moby/buildkit/cache"
	"golang.org/x/sys/unix"
)

// mounted is a snapshot at a directory of ours.
type mounted struct {
	dir     string
	gone    bool         // the mount, and the directory with it
	release func() error // of what the snapshotter holds for the mount
}

// mountAt mounts the snapshot of a cache record below the slot.
func (o *opened) mountAt(ctx context.Context, ref cache.Mountable, readonly bool) (*mounted, error) {
	source, err := ref.Mount(ctx, readonly, nil)
	if err != nil {
		return nil, err
	}
	mounts, release, err := source.Mount()
	if err != nil {
		return nil, err
	}
	m := &mounted{release: release}
	if m.dir, err = o.mountPoint(); err == nil {
		err = mount.All(mounts, m.dir)
	}
	if err != nil {
		return nil, errors.Join(err, m.close())
	}
	return m, nil
}

// mountPoint makes an empty directory.
func (o *opened) mountPoint() (string, error) {
	at := filepath.Join(o.slot.Dir(), "mounts")
	if err := os.MkdirAll(at, 0o711); err != nil {
		return "", err
	}
	return os.MkdirTemp(at, "")
}

// close takes the mount away. The directory is removed as an empty one only: were
// something still mounted there, it would stay whole. After an error it may be
// called again, and goes on where it failed.
func (m *mounted) close() error {
	if m.dir != "" && !m.gone {
		if err := mount.UnmountAll(m.dir, unix.MNT_DETACH); err != nil {
			return err
		}
		if err := os.Remove(m.dir); err != nil {
			return err
		}
		m.gone = true
	}
	if m.release != nil {
		if err := m.release(); err != nil {
			return err
		}
		m.release = nil
	}
	return nil
}
