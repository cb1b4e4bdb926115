//go:build linux

package containers_test

import (
	"testing"

	"github.com/retort-ci/retort/pkg/engine/embedded/internal/unprivileged"
)

// A user who is not root has the same containers, but for what control groups keep.
func TestRootless(t *testing.T) {
	u := unprivileged.New(t)
	u.Tests(t, "^(TestThreadsStay|TestNothingOnTheMachine|TestNames|TestVolumeFilled|TestTmpfs|TestMountsOfTheKernel|TestUser)$")
}
