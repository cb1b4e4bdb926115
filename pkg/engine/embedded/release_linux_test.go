package embedded

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/retort-ci/retort/pkg/internal/probe"
)

// A release that failed is repeated by the next one, not taken for done.
func TestReleaseAgain(t *testing.T) {
	t.Parallel()
	e := engineFor(t, t.TempDir(), 0)
	defer func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}()
	r, err := e.Rootfs(t.Context(), probe.Image(t, e, nil))
	if err != nil {
		t.Fatal(err)
	}
	inTheWay := filepath.Join(r.Path(), "file")
	if err := errors.Join(unix.Unmount(r.Path(), 0), os.WriteFile(inTheWay, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	if err := r.Release(t.Context()); err == nil {
		t.Error("released with the directory in use")
	}
	if err := os.Remove(inTheWay); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := r.Release(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Stat(r.Path()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the directory is left: %v", err)
	}
}
