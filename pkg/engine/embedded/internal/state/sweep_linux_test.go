package state

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// What a killed process left mounted is a copy of what the machine has, which
// stays.
func TestSweepKeepsTheMachinesMounts(t *testing.T) {
	t.Parallel()
	// The thread is not given back: it ends with the test, and its mounts with it.
	runtime.LockOSThread()
	if err := unix.Unshare(unix.CLONE_FS | unix.CLONE_NEWNS); err != nil {
		t.Skip("no right to mount:", err)
	}
	machine, dir := t.TempDir(), t.TempDir()
	s := take1(t, dir, nil)
	sub, left := filepath.Join(machine, "sub"), filepath.Join(s.Dir(), "mounts", "left")
	err := errors.Join(
		unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""),
		unix.Mount("tmpfs", machine, "tmpfs", 0, ""), unix.Mount("", machine, "", unix.MS_SHARED, ""),
		os.Mkdir(sub, 0o755), unix.Mount("tmpfs", sub, "tmpfs", 0, ""),
		os.MkdirAll(left, 0o755), unix.Mount(machine, left, "", unix.MS_BIND|unix.MS_REC, ""),
	)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.sweep(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(left); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the copy is still there: %v", err)
	}
	if err := unix.Unmount(sub, 0); err != nil {
		t.Errorf("the machine's mount is gone: %v", err)
	}
	if err := errors.Join(unix.Unmount(machine, 0), s.Close()); err != nil {
		t.Error(err)
	}
}
