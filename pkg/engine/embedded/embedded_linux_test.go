package embedded_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/engine/embedded"
	"github.com/retort-ci/retort/pkg/engine/embedded/containers"
	"github.com/retort-ci/retort/pkg/engine/enginetest"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/internal/owner"
)

// open gives an engine on a state directory of the test's own, unless one is named.
func open(t *testing.T, opts embedded.Options) *embedded.Engine {
	t.Helper()
	if opts.StateDir == "" {
		opts.StateDir = t.TempDir()
	}
	e, err := embedded.New(opts)
	if err != nil {
		if os.Getenv("CI") != "true" {
			t.Skipf("the embedded engine does not work here: %v (%s)", err, fault.HintOf(err))
		}
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

// kept is an engine whose state directory can be looked into.
type kept struct {
	*embedded.Engine
	state string
}

var _ enginetest.Housekeeper = kept{}

// Left reads what all processes have written down of containers, networks and
// volumes.
func (k kept) Left(_ context.Context, run string) ([]string, error) {
	records, err := containers.Records(filepath.Join(k.state, "run"))
	var left []string
	for _, r := range records {
		if r.Labels[owner.LabelRun] == run {
			left = append(left, r.String())
		}
	}
	return left, err
}

// Clear has nothing to do: the state directory is the test run's own.
func (k kept) Clear(context.Context, string) error { return nil }

// groupsVariable names the groups of the conformance suite that are run; all when empty.
const groupsVariable = "RETORT_EMBEDDED_TEST_GROUPS"

func TestConformance(t *testing.T) {
	state := os.Getenv(stateVariable)
	enginetest.Run(t, func(t *testing.T) engine.Builder {
		return kept{open(t, embedded.Options{StateDir: state}), state}
	}, strings.Fields(os.Getenv(groupsVariable))...)
	// Bundles of RUN instructions and mounts name no run. The first slot is this
	// process's; another one may hold what a child left that died in Sweep.
	for _, pattern := range []string{"slots/0/*/executor/*/rootfs", "slots/0/mounts/*"} {
		if left, err := filepath.Glob(filepath.Join(state, pattern)); err != nil || len(left) > 0 {
			t.Errorf("left in the state directory: %q, %v", left, err)
		}
	}
}
