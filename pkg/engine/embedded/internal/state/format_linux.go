package state

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/internal/wholefile"
)

// format is the layout's version. A retort that changes the layout, or takes a
// BuildKit whose files the one before cannot read, counts it up.
const format = 1

// Prepare makes the directory, or finds that it is one of ours. It comes before
// anything is made or removed there. Errors that the user can mend are
// infrastructure faults.
func Prepare(dir string) error {
	if err := prepare(dir); err != nil {
		return explain(dir, err)
	}
	return nil
}

func prepare(dir string) error {
	if err := os.MkdirAll(dir, 0o711); err != nil {
		return err
	}
	path := filepath.Join(dir, "format")
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		foreign, listErr := foreign(dir)
		if listErr != nil {
			return listErr
		}
		if foreign == "" {
			return wholefile.Write(path, []byte(strconv.Itoa(format)+"\n"), 0o644)
		}
		// What is there may be another process's that has begun since.
		if text, err = os.ReadFile(path); errors.Is(err, fs.ErrNotExist) {
			return fault.New(fault.Infrastructure, "name an empty directory, or one that is not there yet: --state-dir",
				"it is no state directory of retort: there is %s in it, and no file format", foreign)
		}
	}
	if err != nil {
		return err
	}
	found, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return fault.New(fault.Infrastructure, "name another directory: --state-dir", "%s is no state directory of retort: its file format holds %q", dir, text)
	}
	if found > format {
		return fault.New(fault.Infrastructure, "use that retort, or name another directory: --state-dir",
			"%s was written by a newer retort: its format is %d, this one knows %d", dir, found, format)
	}
	return nil
}

// foreign names an entry of the directory that an empty one has not.
func foreign(dir string) (string, error) {
	entries, err := os.ReadDir(dir)
	for _, entry := range entries {
		// A file system's own, and a file format that is being written.
		if name := entry.Name(); name != "lost+found" && !strings.HasPrefix(name, ".tmp-") {
			return name, nil
		}
	}
	return "", err
}

// explain says what to do about a directory that cannot be used.
func explain(dir string, err error) error {
	for why, hint := range map[error]string{
		syscall.EROFS:   "it is on a read-only file system; name a directory that can be written to: --state-dir",
		syscall.EACCES:  "it belongs to somebody else; name a directory of your own: --state-dir",
		syscall.EPERM:   "it belongs to somebody else; name a directory of your own: --state-dir",
		syscall.ENOSPC:  "its disk is full; make room, or name a directory on another disk: --state-dir",
		syscall.EDQUOT:  "its disk quota is used up; make room, or name a directory on another disk: --state-dir",
		syscall.ENOTDIR: "name a directory: --state-dir",
	} {
		if errors.Is(err, why) {
			return fault.Wrap(fault.Infrastructure, fmt.Errorf("state directory %s: %w", dir, err), hint)
		}
	}
	return fault.Wrap(fault.Infrastructure, fmt.Errorf("state directory %s: %w", dir, err), "")
}
