package state

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/retort-ci/retort/pkg/internal/wholefile"
)

// keepOwners clears the slot when its files were written with other subordinate IDs:
// they would have other owners in an image than they were given.
func (s *Slot) keepOwners() error {
	var now bytes.Buffer
	for _, name := range []string{"uid_map", "gid_map"} {
		text, err := os.ReadFile(filepath.Join("/proc/self", name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // of a kernel without user namespaces
			return err
		}
		now.Write(text)
	}
	mark := filepath.Join(s.dir, "owners")
	before, err := os.ReadFile(mark)
	switch {
	case err == nil && bytes.Equal(before, now.Bytes()):
		return nil
	case err == nil:
		if err := s.clear(); err != nil {
			return fmt.Errorf("subordinate IDs have changed since it was written: %w", err)
		}
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	return wholefile.Write(mark, now.Bytes(), 0o600)
}
