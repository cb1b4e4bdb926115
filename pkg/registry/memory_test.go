package registry_test

import (
	"io"
	"math/rand/v2"
	"testing"

	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/stream"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/retort-ci/retort/pkg/internal/heap"
)

// No layer is held whole: a copy of 200 MB takes no more memory than one of 20.
func TestNoLayerIsHeldWhole(t *testing.T) {
	if testing.Short() {
		t.Skip("it moves 400 MB")
	}
	const size, allowed = 200 << 20, 64 << 20
	w, other := embedded(t), embedded(t)
	c := client(t)
	layer := stream.NewLayer(io.NopCloser(io.LimitReader(rand.NewChaCha8([32]byte{}), size)), stream.WithCompressionLevel(0))
	img, err := mutate.Append(mutate.MediaType(empty.Image, types.OCIManifestSchema1), mutate.Addendum{Layer: layer})
	if err != nil {
		t.Fatal(err)
	}
	grown := heap.Watch()
	if _, err := c.Push(t.Context(), img, w.addr+"/shop/orders:1"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Copy(t.Context(), w.addr+"/shop/orders:1", other.addr+"/prod/orders:1"); err != nil {
		t.Fatal(err)
	}
	most := grown()
	names(t, c, other.addr+"/prod/orders:1", digestOf(t, img))
	if t.Logf("the heap grew by %d MB, registries included", most>>20); most > allowed {
		t.Error("that is too much")
	}
}
