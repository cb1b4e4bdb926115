//go:build linux

package containers_test

import (
	"crypto/rand"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/retort-ci/retort/pkg/engine/embedded/containers"
)

// The end of one process takes no control groups from another that begins.
func TestGroupsOfManyProcesses(t *testing.T) {
	t.Parallel()
	needRunc(t)
	cgroup := "/retort-test-" + rand.Text()
	var wg sync.WaitGroup
	for range 2 {
		root := t.TempDir()
		wg.Go(func() {
			for range 100 {
				r, err := containers.New(containers.Options{Root: root, Cgroup: cgroup})
				if err != nil {
					t.Error(err)
					return
				}
				locks, err := filepath.Glob(filepath.Join(root, "????????????.lock"))
				if err != nil || len(locks) != 1 {
					t.Errorf("%q, %v", locks, err)
					return
				}
				id := strings.TrimSuffix(filepath.Base(locks[0]), ".lock")
				if len(groups(t, cgroup+"/"+id)) == 0 {
					t.Error("it has no control groups")
				}
				if err := r.Close(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

// groups are the paths that match a pattern below the root of any hierarchy of
// control groups: those of version 1, or that of version 2.
func groups(tb testing.TB, pattern string) []string {
	tb.Helper()
	var found []string
	for _, root := range []string{"/sys/fs/cgroup/*", "/sys/fs/cgroup"} {
		paths, err := filepath.Glob(root + pattern)
		if err != nil {
			tb.Error(err)
		}
		found = append(found, paths...)
	}
	return found
}
