package state

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// What was written with other subordinate IDs would have other owners now.
func TestClearsWithOtherOwners(t *testing.T) {
	t.Parallel()
	for owners, kept := range map[string]bool{"": true, "0 1001 1\n1 100000 65536\n": false} {
		dir := t.TempDir()
		s := take1(t, dir, nil)
		cache := filepath.Join(s.Dir(), "overlayfs", "cache.db")
		if err := errors.Join(os.Mkdir(filepath.Dir(cache), 0o700), os.WriteFile(cache, nil, 0o600), s.Close()); err != nil {
			t.Fatal(err)
		}
		if owners != "" {
			if err := os.WriteFile(filepath.Join(s.Dir(), "owners"), []byte(owners), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 { // the second time nothing has changed
			s = take1(t, dir, nil)
			if _, err := os.Stat(cache); (err == nil) != kept {
				t.Errorf("written with the IDs %q: %v", owners, err)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}
