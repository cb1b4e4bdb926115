package embedded

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A slot that was used with the other snapshotter is used with the one that works.
func TestOtherSnapshotterBefore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	slot := filepath.Join(dir, "slots", "0")
	works, other := snapshotter(slot), plain
	if works == plain {
		other = overlayfs
	}
	if err := errors.Join(os.MkdirAll(filepath.Join(slot, other), 0o700), os.WriteFile(filepath.Join(dir, "format"), []byte("1\n"), 0o600)); err != nil {
		t.Fatal(err)
	}
	if before := snapshotterBefore(slot); before != other {
		t.Errorf("before it was %q", before)
	}
	e, err := New(Options{StateDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	what, err := e.Describe(t.Context())
	if err := errors.Join(err, e.Close()); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(what, works) {
		t.Errorf("it is %s, and %s works", what, works)
	}
	if before := snapshotterBefore(slot); before != "" {
		t.Errorf("of two it was %q", before)
	}
}
