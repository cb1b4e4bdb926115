package embedded_test

import (
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/retort-ci/retort/pkg/internal/probe"
)

// Processes that work at the same time have a slot each.
func TestTwoProcesses(t *testing.T) {
	t.Parallel()
	state := filepath.Join(t.TempDir(), "state")
	first, second := start(t, "hold", "", state), start(t, "hold", "", state)
	a, b := first.until(t, "embedded BuildKit "), second.until(t, "embedded BuildKit ")
	if a == b || !strings.Contains(a+b, "/slots/0") || !strings.Contains(a+b, "/slots/1") {
		t.Errorf("they work in %q and %q", a, b)
	}
	for _, actor := range []*actor{first, second} {
		if err := actor.end(); err != nil {
			t.Error(err)
		}
	}
}

// There are more processes than slots, and all get done.
func TestTenProcesses(t *testing.T) {
	t.Parallel()
	state, dir := filepath.Join(t.TempDir(), "state"), probe.Context(t, probe.Dockerfile, nil)
	var all sync.WaitGroup
	for range 10 {
		a := start(t, "build", dir, state)
		all.Go(func() {
			if err := a.end(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}
