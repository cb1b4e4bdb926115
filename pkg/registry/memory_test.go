package registry_test

import (
	"io"
	"math/rand"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/stream"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// No layer is held whole: a copy of 200 MB takes no more memory than one of 20.
func TestNoLayerIsHeldWhole(t *testing.T) {
	if testing.Short() {
		t.Skip("it moves 400 MB")
	}
	const size, allowed = 200 << 20, 64 << 20
	w, other := embedded(t), embedded(t)
	c := client(t)
	layer := stream.NewLayer(io.NopCloser(io.LimitReader(rand.New(rand.NewSource(1)), size)), stream.WithCompressionLevel(0)) //nolint:gosec // any bytes do
	img, err := mutate.Append(mutate.MediaType(empty.Image, types.OCIManifestSchema1), mutate.Addendum{Layer: layer})
	if err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	peak, stop := watchHeap()
	if _, err := c.Push(t.Context(), img, w.addr+"/shop/orders:1"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Copy(t.Context(), w.addr+"/shop/orders:1", other.addr+"/prod/orders:1"); err != nil {
		t.Fatal(err)
	}
	stop()
	names(t, c, other.addr+"/prod/orders:1", digestOf(t, img))
	if grown := int64(peak.Load()) - int64(before.HeapInuse); grown > allowed {
		t.Errorf("the heap grew by %d MB", grown>>20)
	} else {
		t.Logf("the heap grew by %d MB, registries included", grown>>20)
	}
}

// watchHeap looks at the heap now and then, until stop.
func watchHeap() (peak *atomic.Uint64, stop func()) {
	peak = &atomic.Uint64{}
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		ticker := time.NewTicker(20 * time.Millisecond)
		defer ticker.Stop()
		for {
			var now runtime.MemStats
			runtime.ReadMemStats(&now)
			peak.Store(max(peak.Load(), now.HeapInuse)) //nolint:revive // an atomic
			select {
			case <-ticker.C:
			case <-done:
				return
			}
		}
	}()
	return peak, func() { close(done); <-ended }
}
