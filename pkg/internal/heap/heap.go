// Package heap tells tests how much memory a piece of work takes at most.
package heap

import (
	"runtime"
	"time"
)

// every is how often the heap is looked at.
const every = 20 * time.Millisecond

// Watch begins to look at the heap of this process. The function it gives ends
// that, and tells by how many bytes the heap was larger at most than it was at
// the beginning.
func Watch() (grown func() int64) {
	runtime.GC()
	begun, peak := inUse(), int64(0)
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for {
			peak = max(peak, inUse())
			select {
			case <-ticker.C:
			case <-done:
				return
			}
		}
	}()
	return func() int64 {
		close(done)
		<-ended
		return peak - begun
	}
}

func inUse() int64 {
	var now runtime.MemStats
	runtime.ReadMemStats(&now)
	return int64(now.HeapInuse) //nolint:gosec // no heap is that large
}
