package registry_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/retort-ci/retort/pkg/progress"
	"github.com/retort-ci/retort/pkg/registry"
)

// cosignTag is where cosign keeps what it knows of the digest.
func cosignTag(repository, digest, suffix string) string {
	return repository + ":" + strings.Replace(digest, ":", "-", 1) + suffix
}

// signed writes an image as cosign does, past the client: a layer for each
// signature, which signs the same bytes as all others and is an annotation.
func signed(t *testing.T, ref string, signatures ...string) v1.Image {
	t.Helper()
	parsed, err := name.ParseReference(ref)
	if err != nil {
		t.Fatal(err)
	}
	payload := static.NewLayer([]byte(`{"critical":{}}`), "application/vnd.dev.cosign.simplesigning.v1+json")
	storeBlob(t, parsed.Context(), payload)
	var layers []mutate.Addendum
	for _, signature := range signatures {
		layers = append(layers, mutate.Addendum{Layer: payload, Annotations: map[string]string{"dev.cosignproject.cosign/signature": signature}})
	}
	return tagged(t, ref, layers...)
}

// signatures are those of the image that ref names, whose config must count them.
func signatures(t *testing.T, c *registry.Client, ref string) []string {
	t.Helper()
	img, err := c.Image(t.Context(), ref, nil)
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := img.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	config, err := img.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, layer := range manifest.Layers {
		found = append(found, layer.Annotations["dev.cosignproject.cosign/signature"])
	}
	if len(config.RootFS.DiffIDs) != len(found) || len(config.History) != len(found) {
		t.Errorf("%s: %d layers, the config has %d, and %d in its history", ref, len(found), len(config.RootFS.DiffIDs), len(config.History))
	}
	return found
}

// What was signed in the destination stays signed, whatever comes along.
func TestSignaturesOfTheDestinationStay(t *testing.T) {
	each(t, func(t *testing.T, w *wire) {
		other := embedded(t)
		c := client(t)
		digest := digestOf(t, pushed(t, c, w.addr+"/shop/orders:1"))
		from := w.addr + "/shop/orders@" + digest
		for _, suffix := range []string{".sig", ".att"} {
			here, there := cosignTag(w.addr+"/shop/orders", digest, suffix), cosignTag(other.addr+"/prod/orders", digest, suffix)
			has := func(what string, want ...string) {
				t.Helper()
				if got := signatures(t, c, there); !slices.Equal(got, want) {
					t.Errorf("%s, %s: signed by %v, want %v", suffix, what, got, want)
				}
				if err := c.Whole(t.Context(), there); err != nil {
					t.Errorf("%s, %s: %v", suffix, what, err)
				}
			}
			signed(t, here, "tests")
			signed(t, there, "admission")
			if _, err := c.CopyWith(t.Context(), from, other.addr+"/prod/orders:live", registry.CopyOptions{Referrers: true}); err != nil {
				t.Fatal(err)
			}
			has("another there", "admission", "tests")

			other.forget()
			if err := c.Along(t.Context(), from, other.addr+"/prod/orders"); err != nil {
				t.Fatal(err)
			}
			if sent := other.seen("PUT"); len(sent) != 0 {
				t.Errorf("%s: all is there, and it wrote %v", suffix, sent)
			}

			all := signed(t, here, "admission", "tests", "audit")
			if err := c.Along(t.Context(), from, other.addr+"/prod/orders"); err != nil {
				t.Fatal(err)
			}
			has("all here", "admission", "tests", "audit")
			names(t, c, there, digestOf(t, all))
		}
	})
}

// Where the configs say nothing of layers, the layers are all there is to add.
func TestLayersThatNoConfigCountsAreAdded(t *testing.T) {
	w, other := embedded(t), embedded(t)
	c := client(t)
	digest := digestOf(t, pushed(t, c, w.addr+"/shop/orders:1"))
	there := cosignTag(other.addr+"/prod/orders", digest, ".att")
	uncounted(t, cosignTag(w.addr+"/shop/orders", digest, ".att"), "tests")
	uncounted(t, there, "admission")
	if err := c.Along(t.Context(), w.addr+"/shop/orders@"+digest, other.addr+"/prod/orders"); err != nil {
		t.Fatal(err)
	}
	img, err := c.Image(t.Context(), there, nil)
	if err != nil {
		t.Fatal(err)
	}
	if manifest, err := img.Manifest(); err != nil || len(manifest.Layers) != 2 {
		t.Errorf("%+v, %v", manifest, err)
	}
	if err := c.Whole(t.Context(), there); err != nil {
		t.Error(err)
	}
}

// What refers to it there stays too, also where clients keep the list.
func TestReferrersOfTheDestinationStay(t *testing.T) {
	each(t, func(t *testing.T, w *wire) {
		from := embedded(t)
		c := client(t)
		digest := digestOf(t, pushed(t, c, from.addr+"/shop/orders:1"))
		if _, err := c.Copy(t.Context(), from.addr+"/shop/orders:1", w.addr+"/prod/orders:live"); err != nil {
			t.Fatal(err)
		}
		here, err := c.Attach(t.Context(), from.addr+"/shop/orders:1", evidence("tests"))
		if err != nil {
			t.Fatal(err)
		}
		there, err := c.Attach(t.Context(), w.addr+"/prod/orders:live", evidence("admission"))
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if _, err := c.CopyWith(t.Context(), from.addr+"/shop/orders:1", w.addr+"/prod/orders:live", registry.CopyOptions{Referrers: true}); err != nil {
				t.Fatal(err)
			}
			refersTo(t, c, w.addr+"/prod/orders@"+digest, here.Digest, there.Digest)
		}
	})
}

// What cannot be put together stays as the destination has it, and is told.
func TestWhatIsNotAlikeStays(t *testing.T) {
	w, other := embedded(t), embedded(t)
	c := client(t)
	digest := digestOf(t, pushed(t, c, w.addr+"/shop/orders:1"))
	index, err := random.Index(64, 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	for what, there := range map[string]struct {
		suffix string
		write  func(ref string)
	}{
		"an index":            {".sig", func(ref string) { putIndex(t, ref, index) }},
		"another kind":        {".sig", func(ref string) { pushed(t, c, ref) }},
		"one of many is read": {".sbom", func(ref string) { signed(t, ref, "theirs") }},
		"a config of its own": {".att", func(ref string) { uncounted(t, ref, "theirs") }},
	} {
		repository := other.addr + "/prod/" + slug(what)
		to := cosignTag(repository, digest, there.suffix)
		signed(t, cosignTag(w.addr+"/shop/orders", digest, there.suffix), "ours")
		there.write(to)
		before, err := c.Resolve(t.Context(), to)
		if err != nil {
			t.Fatal(err)
		}
		events := &recorder{}
		if _, err := clientWith(t, registry.Options{Progress: events}).Stage(t.Context(), w.addr+"/shop/orders@"+digest, repository, registry.StageOptions{}); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		names(t, c, to, before.Digest.String())
		if told := events.of(progress.Warning); len(told) != 1 || !strings.Contains(told[0].Text, to) {
			t.Errorf("%s: told %+v", what, told)
		}
	}
}

// uncounted writes an image whose config says nothing of its layers.
func uncounted(t *testing.T, ref, content string) {
	t.Helper()
	parsed, err := name.ParseReference(ref)
	if err != nil {
		t.Fatal(err)
	}
	config := static.NewLayer([]byte("{ }"), types.OCIConfigJSON)
	layer := static.NewLayer([]byte(content), types.OCIUncompressedLayer)
	manifest := v1.Manifest{SchemaVersion: 2, MediaType: types.OCIManifestSchema1, Layers: make([]v1.Descriptor, 1)}
	for at, blob := range map[*v1.Descriptor]v1.Layer{&manifest.Config: config, &manifest.Layers[0]: layer} {
		storeBlob(t, parsed.Context(), blob)
		desc, err := partial.Descriptor(blob)
		if err != nil {
			t.Fatal(err)
		}
		*at = *desc
	}
	raw, err := json.Marshal(manifest)
	if err != nil {
		t.Fatal(err)
	}
	put(t, ref, raw, types.OCIManifestSchema1)
}
