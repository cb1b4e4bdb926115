//go:build linux

package containers_test

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/retort-ci/retort/pkg/engine"
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

// The kernel has been told of each limit. A machine with room to spare would not
// show that one is missing.
func TestGroupHasLimits(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	c := b.start(t, engine.ContainerSpec{Memory: 64 << 20, NanoCPUs: 5e8, Pids: 20, Cmd: []string{"hang"}})
	for limit, files := range map[string]map[string]string{ // of version 1, and of version 2
		"memory":    {"memory.limit_in_bytes": "67108864", "memory.max": "67108864"},
		"CPU":       {"cpu.cfs_quota_us": "50000", "cpu.max": "50000 100000"},
		"processes": {"pids.max": "20"},
	} {
		var found []string
		for file, want := range files {
			paths := groups(t, b.cgroup+"/*/"+c.ID()+"/"+file)
			for _, path := range paths {
				if text, err := os.ReadFile(path); err != nil || strings.TrimSpace(string(text)) != want {
					t.Errorf("%s has %q, %v; want %s", path, text, err, want)
				}
			}
			found = append(found, paths...)
		}
		if len(found) == 0 {
			t.Errorf("no control group of the container limits %s", limit)
		}
	}
	if len(b.warned) > 0 {
		t.Errorf("warned %q", b.warned)
	}
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
