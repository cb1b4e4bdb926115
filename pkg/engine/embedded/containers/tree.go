//go:build linux

package containers

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"

	securejoin "github.com/cyphar/filepath-securejoin"
	"github.com/cyphar/filepath-securejoin/pathrs-lite"
	"golang.org/x/sys/unix"

	"github.com/retort-ci/retort/pkg/engine"
)

// tree is the root directory of a container as seen from here. Paths are the
// container's: its symbolic links lead within it, also while a container that
// shares a volume changes them.
type tree string

// open gives a handle (O_PATH) of what is at the path, through links.
func (t tree) open(name string) (*os.File, error) { return pathrs.OpenInRoot(string(t), name) }

// read opens a regular file for reading.
func (t tree) read(name string) (*os.File, error) {
	handle, err := t.open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = handle.Close() }()
	if at, err := handle.Stat(); err != nil || !at.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no regular file: %w", name, cmp.Or(err, fs.ErrInvalid))
	}
	return pathrs.Reopen(handle, unix.O_RDONLY)
}

// look gives a path's mode and, of a symbolic link, where it leads in the end.
func (t tree) look(name string) (fs.FileMode, string, error) {
	dir, err := t.open(path.Dir(name))
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = dir.Close() }()
	at, err := os.Lstat(path.Join(fdPath(dir), path.Base(name)))
	if err != nil || at.Mode()&fs.ModeSymlink == 0 {
		return modeOf(at), "", err
	}
	end, err := t.resolve(name)
	return at.Mode(), end, err
}

func modeOf(info fs.FileInfo) fs.FileMode {
	if info == nil {
		return 0
	}
	return info.Mode()
}

// resolve gives the path without symbolic links; what is missing may be.
func (t tree) resolve(name string) (string, error) {
	joined, err := securejoin.SecureJoin(string(t), name)
	return path.Join("/", strings.TrimPrefix(joined, string(t))), err
}

// dir gives a handle of the directory. What is missing of it is made, for root
// and with mode 0755 whatever the umask of this process.
func (t tree) dir(name string) (*os.File, error) {
	handle, err := t.open(name)
	if err == nil {
		if at, err := handle.Stat(); err != nil || !at.IsDir() {
			_ = handle.Close()
			return nil, &fs.PathError{Op: "open", Path: name, Err: cmp.Or(err, error(unix.ENOTDIR))}
		}
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return handle, err
	}
	name, err = t.resolve(name) // a link that leads to nothing yet
	if err != nil {
		return nil, err
	}
	parent, err := t.dir(path.Dir(name))
	if err != nil {
		return nil, err
	}
	defer func() { _ = parent.Close() }()
	base := path.Base(name)
	switch err := unix.Mkdirat(int(parent.Fd()), base, 0o755); {
	case err == nil:
		return openMade(parent, base)
	case !errors.Is(err, unix.EEXIST):
		return nil, &fs.PathError{Op: "mkdir", Path: name, Err: err}
	}
	return openat(parent, base, unix.O_PATH|unix.O_NOFOLLOW|unix.O_DIRECTORY)
}

// openMade gives a handle of a new directory, with its mode whatever the umask of
// this process. The mode is set by the handle: a container that shares the parent
// may have put a link in the directory's place.
func openMade(parent *os.File, base string) (*os.File, error) {
	made, err := openat(parent, base, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_DIRECTORY)
	if err != nil {
		return nil, err
	}
	if err := made.Chmod(0o755); err != nil {
		return nil, errors.Join(err, made.Close())
	}
	return made, nil
}

// file gives a handle of the file, through links. One that is missing is made.
func (t tree) file(name string) (*os.File, error) {
	handle, err := t.open(name)
	if !errors.Is(err, fs.ErrNotExist) {
		return handle, err
	}
	name, err = t.resolve(name)
	if err != nil {
		return nil, err
	}
	if err := t.write(engine.File{Path: name, Mode: 0o644}); err != nil {
		return nil, err
	}
	return t.open(name)
}

// write puts a file in place of what is there, a directory excepted.
func (t tree) write(f engine.File) error {
	parent, err := t.dir(path.Dir(f.Path))
	if err != nil {
		return err
	}
	defer func() { _ = parent.Close() }()
	base := path.Base(f.Path)
	if err := unix.Unlinkat(int(parent.Fd()), base, 0); err != nil && !errors.Is(err, unix.ENOENT) {
		return &fs.PathError{Op: "replace", Path: f.Path, Err: err}
	}
	made, err := openat(parent, base, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW)
	if err != nil {
		return err
	}
	_, err = made.Write(f.Content)
	if err == nil {
		err = made.Chown(f.UID, f.GID)
	}
	if err == nil { // after the owner, whose change would take bits away
		err = made.Chmod(cmp.Or(f.Mode.Perm(), 0o444))
	}
	return errors.Join(err, made.Close())
}

func openat(dir *os.File, base string, flags int) (*os.File, error) {
	name := path.Join(dir.Name(), base)
	fd, err := unix.Openat(int(dir.Fd()), base, flags|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	return os.NewFile(uintptr(fd), name), nil
}

// fdPath names an open file to the kernel, and to nobody else.
func fdPath(f *os.File) string { return "/proc/self/fd/" + strconv.Itoa(int(f.Fd())) }
