package remote_test

import (
	"testing"

	"github.com/retort-ci/retort/pkg/engine/buildkit/buildkitdtest"
	"github.com/retort-ci/retort/pkg/engine/enginetest"
)

// Containers have networks of their own where the daemon has BuildKit's bridge.
func TestContainersOnBridge(t *testing.T) {
	conform(t, buildkitdtest.Options{Bridge: true, Config: `insecure-entitlements = ["network.host"]`}, enginetest.Containers()...)
}
