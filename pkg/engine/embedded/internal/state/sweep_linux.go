package state

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/moby/sys/mountinfo"
	"golang.org/x/sys/unix"
)

// sweep removes what a killed process left in the slot: containers of RUN
// instructions with their processes and bundles, mounts, cgroups. Where the process
// had namespaces of its own, only empty directories are left of all that.
func (s *Slot) sweep(ctx context.Context) error {
	bundles, err := filepath.Glob(filepath.Join(s.dir, "*", "executor", "*", "rootfs"))
	if err != nil {
		return err
	}
	for i, inside := range bundles {
		bundles[i] = filepath.Dir(inside)
	}
	for _, bundle := range bundles {
		// It says so when there is no such container: then all is well.
		_ = exec.CommandContext(ctx, "runc", "delete", "--force", filepath.Base(bundle)).Run()
	}
	if err := s.unmount(); err != nil {
		return err
	}
	mounts, err := filepath.Glob(filepath.Join(s.dir, "mounts", "*"))
	if err != nil {
		return err
	}
	for _, left := range append(bundles, mounts...) {
		if err := s.remove(left); err != nil {
			return err
		}
	}
	s.sweepCgroups()
	return nil
}

// mounted are the mount points at or below the path that this process sees, the
// innermost last.
func mounted(path string) ([]string, error) {
	infos, err := mountinfo.GetMounts(func(i *mountinfo.Info) (skip, stop bool) {
		return i.Mountpoint != path && !strings.HasPrefix(i.Mountpoint, path+"/"), false
	})
	if err != nil {
		return nil, err
	}
	points := make([]string, len(infos))
	for i, info := range infos {
		points[i] = info.Mountpoint
	}
	return points, nil
}

// unmount takes away the mounts below the slot. The directory itself may be one:
// it is the user's.
func (s *Slot) unmount() error {
	resolved, err := filepath.EvalSymlinks(s.dir)
	if err != nil {
		return err
	}
	points, err := mounted(resolved)
	if err != nil {
		return err
	}
	points = slices.DeleteFunc(points, func(point string) bool { return point == resolved })
	for _, point := range points {
		if err := private(point); err != nil {
			return err
		}
	}
	for _, point := range slices.Backward(points) {
		if err := private(point); err != nil { // it was below another at the same place
			return err
		}
		if err := unix.Unmount(point, unix.MNT_DETACH); err != nil && !errors.Is(err, unix.EINVAL) {
			return fmt.Errorf("unmount %s: %w", point, err)
		}
	}
	return nil
}

// private parts the mount from the machine's own that it is a copy of: what is
// unmounted in the one would be unmounted in the other.
func private(point string) error {
	if err := unix.Mount("", point, "", unix.MS_PRIVATE, ""); err != nil && !errors.Is(err, unix.EINVAL) {
		return fmt.Errorf("make the mount %s private: %w", point, err)
	}
	return nil
}

// remove removes a tree, but not through a mount: what is mounted is another's.
func (s *Slot) remove(path string) error {
	resolved, err := filepath.EvalSymlinks(filepath.Dir(path))
	if err != nil {
		return err
	}
	points, err := mounted(filepath.Join(resolved, filepath.Base(path)))
	if err != nil {
		return err
	}
	if len(points) > 0 {
		return fmt.Errorf("%s is still mounted", points[0])
	}
	return os.RemoveAll(path)
}

// sweepCgroups removes the slot's cgroups that are empty, in every hierarchy. One
// that is not stays: it is removed with the next sweep.
func (s *Slot) sweepCgroups() {
	const root = "/sys/fs/cgroup"
	below, _ := filepath.Glob(root + "/*" + s.Cgroup())
	for _, top := range append(below, root+s.Cgroup()) {
		var dirs []string
		_ = filepath.WalkDir(top, func(path string, entry fs.DirEntry, err error) error {
			if err == nil && entry.IsDir() {
				dirs = append(dirs, path)
			}
			return nil
		})
		for _, dir := range slices.Backward(dirs) {
			_ = os.Remove(dir)
		}
	}
}
