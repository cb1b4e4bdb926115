//go:build linux

package containers

import (
	"archive/tar"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/retort-ci/retort/pkg/engine"
)

// CopyFrom reads the container's tree from here, whether it runs, was killed or
// has ended, with all that is mounted in it. Directories on the way are reached
// through links, which lead within the container; what is at the path itself and
// below is given as it is, links as links.
func (c *running) CopyFrom(ctx context.Context, name string) (io.ReadCloser, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.gone {
		return nil, fmt.Errorf("%s: %w: %w", name, engine.ErrPathNotFound, errGone)
	}
	root, base, err := c.tree.enter(path.Join("/", name))
	if err != nil {
		return nil, missing(name, err)
	}
	if _, err := root.Lstat(base); err != nil {
		_ = root.Close()
		return nil, missing(name, err)
	}
	r, w := io.Pipe()
	stop := context.AfterFunc(ctx, func() { _ = w.CloseWithError(context.Cause(ctx)) })
	c.copies = append(c.copies, w)
	c.copying.Go(func() {
		defer stop()
		defer func() { _ = root.Close() }()
		_ = w.CloseWithError(archive(w, root, base))
	})
	return r, nil
}

// endCopies is for the container's removal: who still reads finds out.
func (c *container) endCopies() {
	c.mu.Lock()
	for _, w := range c.copies {
		_ = w.CloseWithError(errGone)
	}
	c.mu.Unlock()
	c.copying.Wait()
}

func missing(name string, err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENOTDIR) {
		return fmt.Errorf("%s: %w", name, engine.ErrPathNotFound)
	}
	return fmt.Errorf("copy %s: %w", name, err)
}

// enter opens the directory that the path is in. Nothing outside of it can be
// reached by what it gives.
func (t tree) enter(name string) (root *os.Root, base string, err error) {
	dir, base := path.Dir(name), path.Base(name)
	if name == "/" {
		base = "."
	}
	handle, err := t.open(dir)
	if err != nil {
		return nil, "", err
	}
	defer func() { _ = handle.Close() }()
	if at, err := handle.Stat(); err != nil || !at.IsDir() {
		return nil, "", &fs.PathError{Op: "open", Path: dir, Err: cmp.Or(err, error(unix.ENOTDIR))}
	}
	root, err = os.OpenRoot(fdPath(handle))
	return root, base, err
}

// archive writes what is at the path and below it. What vanishes meanwhile is left
// out.
func archive(to io.Writer, root *os.Root, base string) error {
	w := tar.NewWriter(to)
	if at, err := root.Lstat(base); err != nil || !at.IsDir() { // a walk would begin where a link leads
		return errors.Join(err, add(w, root, base), w.Close())
	}
	err := fs.WalkDir(root.FS(), base, func(name string, _ fs.DirEntry, err error) error {
		if err == nil {
			err = add(w, root, name)
		}
		if errors.Is(err, fs.ErrNotExist) && name != base {
			return nil
		}
		return err
	})
	return errors.Join(err, w.Close())
}

// add writes one entry. Sockets have no place in an archive.
func add(w *tar.Writer, root *os.Root, name string) error {
	info, err := root.Lstat(name)
	if err != nil || info.Mode()&fs.ModeSocket != 0 || name == "." {
		return err
	}
	var link string
	var file *os.File
	switch {
	case info.Mode()&fs.ModeSymlink != 0:
		if link, err = root.Readlink(name); err != nil {
			return err
		}
	case info.Mode().IsRegular():
		// Meanwhile it could have become a pipe, on which an opening would wait.
		if file, err = root.OpenFile(name, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0); err != nil {
			return err
		}
		defer func() { _ = file.Close() }()
		if info, err = file.Stat(); err != nil || !info.Mode().IsRegular() {
			return err
		}
	}
	h, err := tar.FileInfoHeader(info, link)
	if err != nil {
		return err
	}
	h.Name, h.Uname, h.Gname = name, "", "" // the machine's names of users are not the container's
	if info.IsDir() {
		h.Name += "/"
	}
	if err := w.WriteHeader(h); err != nil || file == nil {
		return err
	}
	// As much as there was: a file that grows must not spoil the archive.
	if _, err := io.CopyN(w, file, h.Size); err != nil {
		return fmt.Errorf("%s changed while it was read: %w", name, err)
	}
	return nil
}
