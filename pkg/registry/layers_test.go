package registry_test

import (
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/retort-ci/retort/pkg/progress"
	"github.com/retort-ci/retort/pkg/registry"
)

// A derived image is pushed with the base's layers as the base's registry holds
// them: mounted in the same registry, streamed into another, never made anew.
func TestLayersOfABaseAreReused(t *testing.T) {
	each(t, func(t *testing.T, w *wire) {
		other := embedded(t)
		events := &recorder{}
		c := clientWith(t, registry.Options{Progress: events})
		base := pushed(t, c, w.addr+"/library/base:1")
		known, err := c.Layers(t.Context(), w.addr+"/library/base@"+digestOf(t, base), nil)
		if err != nil {
			t.Fatal(err)
		}
		derived, want := derive(t, base, known)
		w.forget()
		for _, ref := range []string{w.addr + "/shop/orders:1", other.addr + "/shop/orders:1"} {
			if _, err := c.Push(t.Context(), derived, ref); err != nil {
				t.Fatal(err)
			}
			got, err := c.Image(t.Context(), ref, nil)
			if err != nil {
				t.Fatal(err)
			}
			same(t, got, derived)
			if got := digestsOfLayers(t, got); !slices.Equal(got[:3], want) {
				t.Errorf("%s has layers %v, the base %v", ref, got[:3], want)
			}
		}
		// In the same registry: the config and one layer; the rest is mounted,
		// or there already where a registry keeps blobs for all repositories.
		if sent := w.seen("PUT /v2/shop/orders/blobs/"); len(sent) != 2 {
			t.Errorf("%d blobs were sent: %v", len(sent), sent)
		}
		if reused := events.ended(progress.Mounted) + events.ended(progress.Skipped); reused != 3 {
			t.Errorf("%d layers were told as reused", reused)
		}
	})
}

// derive gives an image of the known layers of base and one more, and the
// digests of those layers.
func derive(t *testing.T, base v1.Image, known map[v1.Hash]v1.Layer) (v1.Image, []string) {
	t.Helper()
	config, err := base.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	var layers []v1.Layer
	for _, diffID := range config.RootFS.DiffIDs {
		if known[diffID] == nil {
			t.Fatalf("the layer %s is not known", diffID)
		}
		layers = append(layers, known[diffID])
	}
	top, err := random.Layer(2048, types.DockerLayer)
	if err != nil {
		t.Fatal(err)
	}
	derived, err := mutate.AppendLayers(empty.Image, append(layers, top)...)
	if err != nil {
		t.Fatal(err)
	}
	return derived, digestsOfLayers(t, base)
}

func digestsOfLayers(t *testing.T, img v1.Image) []string {
	t.Helper()
	layers, err := img.Layers()
	if err != nil {
		t.Fatal(err)
	}
	var digests []string
	for _, layer := range layers {
		digests = append(digests, digestOf(t, layer))
	}
	return digests
}

// layersOf gives the layers of the image that ref names.
func layersOf(t *testing.T, c *registry.Client, ref string) map[v1.Hash]v1.Layer {
	t.Helper()
	known, err := c.Layers(t.Context(), ref, nil)
	if err != nil {
		t.Fatal(err)
	}
	return known
}

// isCommit and isMount tell the requests that end uploads and those that mount.
func isCommit(request string) bool {
	return strings.HasPrefix(request, "PUT ") && strings.Contains(request, "/blobs/uploads/")
}

func isMount(request string) bool {
	return strings.HasPrefix(request, "POST ") && strings.Contains(request, "mount=")
}
