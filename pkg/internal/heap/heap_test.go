package heap_test

import (
	"runtime"
	"testing"

	"github.com/retort-ci/retort/pkg/internal/heap"
)

func TestWatch(t *testing.T) {
	grown := heap.Watch()
	held := make([]byte, 32<<20)
	held[0] = 1
	if n := grown(); n < 32<<20 || n > 128<<20 {
		t.Errorf("the heap grew by %d bytes, 32 MB are held", n)
	}
	runtime.KeepAlive(held)
}
