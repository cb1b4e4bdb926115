package registry_test

import (
	"errors"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/registry"
)

// tinyDisk gives a directory with room for so little. The test is skipped where
// nothing can be mounted.
func tinyDisk(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Skip("a small disk takes the right to mount one: ", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	return dir
}

// A disk that is full at a real registry: what was there is whole, nothing of
// what did not fit has a name, and who pushed is told whose disk it is.
func TestAFullDiskAtTheRegistry(t *testing.T) {
	t.Parallel()
	w := debianIn(t, tinyDisk(t, "4m"))
	c := clientWith(t, registry.Options{RetryFor: time.Second})
	old := single(t, 1<<20)
	if _, err := c.Push(t.Context(), old, w.addr+"/shop/orders:live"); err != nil {
		t.Fatal(err)
	}
	for _, size := range []int64{3 << 20, 9 << 20} { // in one request, and in several
		img := single(t, size)
		_, err := c.Push(t.Context(), img, w.addr+"/shop/orders:live")
		if fault.SideOf(err) != fault.Infrastructure || !strings.Contains(err.Error(), w.addr) {
			t.Errorf("%d bytes: %v: %v", size, fault.SideOf(err), err)
		}
		if _, err := c.Resolve(t.Context(), w.addr+"/shop/orders@"+digestOf(t, img)); !errors.Is(err, registry.ErrNotFound) {
			t.Errorf("%d bytes: it is there: %v", size, err)
		}
		names(t, c, w.addr+"/shop/orders:live", digestOf(t, old))
		stored(t, w, "shop/orders", old)
	}
}
