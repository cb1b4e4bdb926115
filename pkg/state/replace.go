package state

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/retort-ci/retort/pkg/fault"
)

// replace makes data the content of the file at path: all of it or, after an
// error or a crash, none of it. The caller holds the lock, so one name is enough
// for the temporary file, and what a killed process left under it is reused.
func replace(path string, data []byte) error {
	tmp := path + ".tmp"
	err := writeSynced(tmp, data)
	if err == nil {
		err = os.Rename(tmp, path)
	}
	if err != nil {
		return writeFault(path, errors.Join(err, removeIfThere(tmp)))
	}
	if err := syncDir(filepath.Dir(path)); err != nil {
		return writeFault(path, err)
	}
	return nil
}

// writeSynced writes a file and waits until the disk has it. A file system may
// tell only then that it was full.
func writeSynced(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// syncDir makes a rename in dir last. File systems that cannot do that for a
// directory say EINVAL or ENOTSUP, and have done what they could.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer func() { _ = d.Close() }()
	err = d.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	return err
}

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// writeFault tells why something could not be written, and what to do about it.
func writeFault(path string, err error) error {
	err = fmt.Errorf("writing %s: %w", path, err)
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), errors.Is(err, syscall.EFBIG):
		return fault.Wrap(fault.Infrastructure, err,
			"free space on the disk of "+filepath.Dir(path)+" and run the command again; what was written before is whole")
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return fault.Wrap(fault.Usage, err, "let the user that runs retort write to "+filepath.Dir(path))
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		return fault.Wrap(fault.Usage, err, "name the workspace directory with -C DIR")
	}
	return err
}
