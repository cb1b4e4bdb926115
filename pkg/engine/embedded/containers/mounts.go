//go:build linux

package containers

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/containerd/containerd/v2/core/mount"
	"github.com/moby/sys/mountinfo"
	"golang.org/x/sys/unix"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/internal/placing"
)

// laid is something that lies over the image's file system at a path. It is
// mounted from here, into the tree that the container gets, rather than by runc:
// so files can be put into it before the start, and had from it after the end.
type laid struct {
	path     string
	source   string // directory or file here; empty for a tmpfs
	tmpfs    []string
	volume   *volume // it lies in; nil for what is no volume
	readOnly bool
}

// layers lists what lies over the container's image, the outer before the inner.
// Of two at one path the later counts.
func (c *container) layers() ([]laid, error) {
	var all []laid
	for _, name := range []string{"hosts", "hostname", "resolv.conf"} {
		all = append(all, laid{path: "/etc/" + name, source: c.file(name)})
	}
	if c.init != "" {
		all = append(all, laid{path: initPath, source: c.init, readOnly: true})
	}
	// What the image calls a volume, and what must stay writable for its files, is
	// the directory itself: this tree is the container's alone and goes with it.
	for dir := range c.image.Config.Volumes {
		all = append(all, laid{path: path.Join("/", dir)}.own()...)
	}
	for _, dir := range placing.OwnVolumes(c.spec) {
		all = append(all, laid{path: dir}.own()...)
	}
	for dir, options := range placing.Tmpfs(c.spec.Tmpfs) {
		all = append(all, laid{path: path.Join("/", dir), tmpfs: tmpfsOptions(options)})
	}
	for _, m := range c.spec.Mounts {
		l, err := c.layer(m)
		if err != nil {
			return nil, err
		}
		all = append(all, l)
	}
	return outerFirst(all), nil
}

// own is the directory of the tree itself, if it can be seen: below what runc
// mounts there is nothing of the tree.
func (l laid) own() []laid {
	if l.late() {
		return nil
	}
	return []laid{l}
}

func outerFirst(all []laid) []laid {
	last := map[string]int{}
	for i, l := range all {
		last[l.path] = i
	}
	var kept []laid
	for i, l := range all {
		if last[l.path] == i {
			kept = append(kept, l)
		}
	}
	slices.SortStableFunc(kept, func(a, b laid) int { return strings.Count(a.path, "/") - strings.Count(b.path, "/") })
	return kept
}

// layer is one of the spec's mounts. A volume is the container's from now on.
func (c *container) layer(m engine.Mount) (laid, error) {
	l := laid{path: path.Clean(m.Path), source: m.Host, readOnly: m.ReadOnly}
	if m.Volume != "" {
		v, err := c.runtime.useVolume(m.Volume, c.spec.Labels)
		if err != nil {
			return laid{}, err
		}
		c.volumes = append(c.volumes, v)
		l.source, l.volume = v.data(), v
	} else if _, err := os.Stat(m.Host); err != nil {
		return laid{}, fault.Wrap(fault.Usage, fmt.Errorf("mount at %s: %w", m.Path, err), "a path of the machine must be there before the container is")
	}
	if !path.IsAbs(m.Path) || l.path == "/" {
		return laid{}, fault.New(fault.Usage, "name an absolute path in the container", "mount at %q: no place for one", m.Path)
	}
	return l, nil
}

// tmpfsOptions adds the option list of a spec to what Docker sets without one.
func tmpfsOptions(options string) []string {
	all := []string{"nosuid", "nodev", "noexec"}
	for o := range strings.SplitSeq(options, ",") {
		if o != "" {
			all = slices.DeleteFunc(all, func(set string) bool { return set == "no"+o })
			all = append(all, o)
		}
	}
	return all
}

// late is true for what runc must mount, since it lies in what runc mounts first.
func (l laid) late() bool {
	return slices.ContainsFunc([]string{"/dev", "/proc", "/sys"}, func(dir string) bool { return placing.Within(l.path, dir) })
}

// private parts the tree's mounts from those that they are copies of: what is
// unmounted here stays mounted on the machine, and what is mounted there later does
// not come in. Only the root is named, where no container can have put a link.
func (t tree) private() error {
	if err := unix.Mount("", string(t), "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make the mounts of %s private: %w", t, err)
	}
	return nil
}

// layOver mounts it into the tree.
func (t tree) layOver(l laid) error {
	err := t.lay(l)
	if err == nil {
		err = t.private()
	}
	if err != nil {
		return fault.Wrap(fault.Usage, fmt.Errorf("mount at %s: %w", l.path, err), "see what the image has at that path")
	}
	return nil
}

func (t tree) lay(l laid) error {
	at, existed, err := t.place(l)
	if err != nil {
		return err
	}
	defer func() { _ = at.Close() }()
	switch {
	case l.tmpfs != nil:
		return layTmpfs(at, existed, l.tmpfs)
	case l.source == "":
		err = unix.Mount(fdPath(at), fdPath(at), "", unix.MS_BIND|unix.MS_REC, "")
	default:
		err = unix.Mount(l.source, fdPath(at), "", unix.MS_BIND|unix.MS_REC, "")
	}
	if err != nil || !l.readOnly {
		return err
	}
	return t.seal(l.path)
}

// place gives a handle of what will be covered. It is made where it is missing.
func (t tree) place(l laid) (handle *os.File, existed bool, err error) {
	if handle, err = t.open(l.path); !errors.Is(err, fs.ErrNotExist) {
		return handle, true, err
	}
	if l.source != "" {
		if at, err := os.Stat(l.source); err != nil || !at.IsDir() {
			handle, err = t.file(l.path)
			return handle, false, err
		}
	}
	handle, err = t.dir(l.path)
	return handle, false, err
}

// layTmpfs keeps the mode of a directory that the image has, as Docker does.
func layTmpfs(at *os.File, existed bool, options []string) error {
	if info, err := at.Stat(); err == nil && existed && !slices.ContainsFunc(options, func(o string) bool { return strings.HasPrefix(o, "mode=") }) {
		mode := info.Mode().Perm()
		if info.Mode()&fs.ModeSticky != 0 {
			mode |= 0o1000
		}
		options = append(options, fmt.Sprintf("mode=%o", mode))
	}
	m := mount.Mount{Type: "tmpfs", Source: "tmpfs", Options: options}
	return m.Mount(fdPath(at))
}

// seal makes what was mounted at the path read-only, and what is mounted in it.
func (t tree) seal(name string) error {
	at, err := t.open(name)
	if err != nil {
		return err
	}
	defer func() { _ = at.Close() }()
	err = unix.MountSetattr(int(at.Fd()), "", unix.AT_EMPTY_PATH|unix.AT_RECURSIVE, &unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY})
	if !errors.Is(err, unix.ENOSYS) {
		return err
	}
	// Before Linux 5.12. What the mount has of other restrictions must be said
	// again, or a user namespace may not remount it.
	var fs unix.Statfs_t
	if err := unix.Fstatfs(int(at.Fd()), &fs); err != nil {
		return err
	}
	const kept = unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC | unix.MS_NOATIME | unix.MS_NODIRATIME | unix.MS_RELATIME
	return unix.Mount("", fdPath(at), "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY|uintptr(fs.Flags)&kept, "")
}

// bare unmounts all that lies over the tree. It fails unless nothing is left:
// what is mounted in a tree would be deleted with it.
func (t tree) bare() error {
	over, err := t.mounted()
	if err != nil || len(over) == 0 {
		return err
	}
	// The one that was laid last may be shared still.
	if err := t.private(); err != nil {
		return err
	}
	for _, m := range slices.Backward(over) {
		if err := unix.Unmount(m.Mountpoint, unix.MNT_DETACH|unix.UMOUNT_NOFOLLOW); err != nil {
			return fmt.Errorf("unmount %s: %w", m.Mountpoint, err)
		}
	}
	if over, err = t.mounted(); err == nil && len(over) > 0 {
		err = fmt.Errorf("still mounted: %s", over[0].Mountpoint)
	}
	return err
}

// mounted lists what is mounted below the tree's root, in order. It refuses a root
// below which the whole machine would be: what is listed gets unmounted.
func (t tree) mounted() ([]*mountinfo.Info, error) {
	if root := string(t); !path.IsAbs(root) || path.Clean(root) != root || root == "/" {
		return nil, fmt.Errorf("%q is no container's root directory", root)
	}
	under := mountinfo.PrefixFilter(string(t))
	return mountinfo.GetMounts(func(i *mountinfo.Info) (skip, stop bool) {
		if i.Mountpoint == string(t) {
			return true, false
		}
		return under(i)
	})
}
