package main

import (
	"strings"
	"syscall"
	"testing"
)

// The second self's code is the command's, but a signal is no success: that one may
// not have seen it.
func TestExitCodeOfSecondSelf(t *testing.T) {
	t.Parallel()
	term := &interruption{signal: syscall.SIGTERM}
	for _, c := range []struct {
		second int
		signal *interruption
		want   int
		told   bool
	}{{0, nil, 0, false}, {3, nil, 3, false}, {3, term, 3, false}, {130, term, 130, false}, {0, term, 143, true}} {
		var stderr strings.Builder
		if got := exitCode(&stderr, &secondSelf{c.second}, c.signal); got != c.want || (stderr.Len() > 0) != c.told {
			t.Errorf("%d after %v gives %d, want %d; it tells %q", c.second, c.signal, got, c.want, stderr.String())
		}
	}
}
