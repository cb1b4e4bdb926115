package embedded

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/retort-ci/retort/pkg/engine"
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

// What a close could not remove, the next engine on the slot does.
func TestLeftByClose(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	e := engineFor(t, state, 0)
	if _, err := e.Create(t.Context(), engine.ContainerSpec{Image: probe.Image(t, e, nil), Cmd: []string{"exit", "0"}}); err != nil {
		t.Fatal(err)
	}
	mounts := filepath.Join(state, "slots", "0", "mounts", "*")
	at, err := filepath.Glob(mounts)
	if err != nil || len(at) != 1 {
		t.Fatalf("the container's files are at %q, %v", at, err)
	}
	if err := errors.Join(unix.Unmount(at[0], unix.MNT_DETACH), os.WriteFile(filepath.Join(at[0], "file"), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	if err := e.Close(); err == nil {
		t.Error("closed with the directory in use")
	}
	next := engineFor(t, state, 0)
	if _, err := next.Describe(t.Context()); err != nil {
		t.Fatal(err)
	}
	if left, err := filepath.Glob(mounts); err != nil || len(left) > 0 {
		t.Errorf("left: %q, %v", left, err)
	}
	if err := next.Close(); err != nil {
		t.Error(err)
	}
}
