//go:build !race

package early

import (
	"syscall"
	"testing"
)

// A run that was sent a signal is never a success.
func TestStopped(t *testing.T) {
	t.Parallel()
	if code := stopped(0, syscall.SIGINT); code != 130 {
		t.Errorf("the exit code is %d", code)
	}
	if code := stopped(5, syscall.SIGTERM); code != 5 {
		t.Errorf("the second self's exit code became %d", code)
	}
}
