package remote_test

import (
	"context"
	"os"
	"testing"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/engine/buildkit/buildkitdtest"
	"github.com/retort-ci/retort/pkg/engine/buildkit/remote"
	"github.com/retort-ci/retort/pkg/engine/enginetest"
)

// kept is an engine with what only tests ask of one.
type kept struct{ *remote.Engine }

var _ enginetest.Housekeeper = kept{}

// Clear has nothing to clear: a daemon of its own goes with the test, and takes
// along what it has. The store is in the test's directory.
func (k kept) Clear(context.Context, string) error { return nil }

// Peculiarities are those of gateway containers.
func (k kept) Peculiarities() enginetest.Peculiarities {
	return enginetest.Peculiarities{OwnInit: true, Volatile: true}
}

// Images on a daemon whose containers share its network, as most are. Of containers
// only what such a network means: see TestContainersOnBridge.
func TestConformance(t *testing.T) {
	conform(t, buildkitdtest.Options{}, append(enginetest.Images(), "Network", "Listening")...)
}

// childHost and childState tell a test that was executed again which daemon and
// which store are those of the test that did.
const (
	childHost  = "RETORT_REMOTE_TEST_HOST"
	childState = "RETORT_REMOTE_TEST_STATE"
)

// conform runs groups of the conformance suite on a daemon of its own.
func conform(t *testing.T, opts buildkitdtest.Options, groups ...string) {
	t.Helper()
	if os.Getenv(childHost) == "" {
		t.Setenv(childHost, buildkitdtest.Start(t, opts).Address)
		t.Setenv(childState, t.TempDir())
	}
	enginetest.Run(t, func(t *testing.T) engine.Builder {
		return open(t, remote.Options{Host: os.Getenv(childHost), StateDir: os.Getenv(childState)})
	}, groups...)
}

// open gives an engine with a store of its own, closed with the test.
func open(t *testing.T, opts remote.Options) kept {
	t.Helper()
	if opts.StateDir == "" {
		opts.StateDir = t.TempDir()
	}
	e, err := remote.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Errorf("close the engine: %v", err)
		}
	})
	return kept{e}
}
