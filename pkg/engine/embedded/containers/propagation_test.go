//go:build linux

package containers_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/moby/sys/mountinfo"
	"golang.org/x/sys/unix"

	"github.com/retort-ci/retort/pkg/engine"
)

// shared is a directory of the machine as systemd mounts them: what happens to its
// mounts happens to those of its copies. Something is mounted below it, at /sub.
func shared(t *testing.T) string {
	t.Helper()
	needRunc(t)
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	sub := filepath.Join(dir, "sub")
	for _, err := range []error{
		unix.Mount("tmpfs", dir, "tmpfs", 0, ""), unix.Mount("", dir, "", unix.MS_SHARED, ""),
		os.Mkdir(sub, 0o755), unix.Mount("tmpfs", sub, "tmpfs", 0, ""),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// mountPoints lists those at the path and below.
func mountPoints(t *testing.T, dir string) []string {
	t.Helper()
	infos, err := mountinfo.GetMounts(mountinfo.PrefixFilter(dir))
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, i := range infos {
		all = append(all, i.Mountpoint)
	}
	slices.Sort(all)
	return all
}

// Where the machine's mounts are shared, a container's end takes none of them; and
// none that comes meanwhile gets into a container.
func TestMachineKeepsItsMounts(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	host := shared(t)
	want := mountPoints(t, host)
	c := b.start(t, engine.ContainerSpec{Cmd: []string{"hang"}, Mounts: []engine.Mount{{Host: host, Path: "/machine"}}})
	late := filepath.Join(host, "late")
	if err := errors.Join(os.Mkdir(late, 0o755), unix.Mount("tmpfs", late, "tmpfs", 0, "")); err != nil {
		t.Fatal(err)
	}
	if got := mountPoints(t, b.root); slices.ContainsFunc(got, func(at string) bool { return filepath.Base(at) == "late" }) {
		t.Errorf("what was mounted on the machine later is in the container: %q", got)
	}
	if err := c.Remove(t.Context()); err != nil {
		t.Fatal(err)
	}
	want = append(want, late)
	slices.Sort(want)
	if got := mountPoints(t, host); !slices.Equal(got, want) {
		t.Errorf("the machine has %q mounted, want %q", got, want)
	}
}
