package enginetest

import (
	"slices"
	"sync"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/google/go-containerregistry/pkg/v1/validate"

	"github.com/retort-ci/retort/pkg/engine"
)

func (s *suite) testInspect(t *testing.T) {
	inspector := need[engine.Inspector](t, s)
	info, err := inspector.InspectImage(t.Context(), s.image)
	if err != nil {
		t.Fatal(err)
	}
	if info.ID != s.image || len(info.DiffIDs) != 1 || info.Size == 0 || info.Platform == "" {
		t.Errorf("the image is %+v", info)
	}
	_, err = inspector.InspectImage(t.Context(), "127.0.0.1:1/no/such:image")
	wantErr(t, err, engine.ErrImageNotFound)
}

func (s *suite) testExport(t *testing.T) {
	cases(t, map[string]func(*testing.T){
		"valid and the same twice": s.exportTwice,
		"known layers":             s.exportKnown,
		"equal layers":             s.exportEqualLayers,
		"ready before the end":     s.exportReady,
		"compressions":             s.exportCompressed,
		"missing image":            s.exportMissing,
	})
}

func (s *suite) export(t *testing.T, id string, opts engine.ExportOptions) v1.Image {
	t.Helper()
	img, err := need[engine.Exporter](t, s).Export(t.Context(), id, t.TempDir(), opts)
	if err != nil {
		t.Fatalf("export: %v", err)
	}
	return img
}

func (s *suite) exportTwice(t *testing.T) {
	info, err := need[engine.Inspector](t, s).InspectImage(t.Context(), s.image)
	if err != nil {
		t.Fatal(err)
	}
	events := &recorder{}
	first := s.export(t, s.image, engine.ExportOptions{Subject: "unit", Progress: events})
	if err := validate.Image(first); err != nil {
		t.Errorf("the exported image is not valid: %v", err)
	}
	var got []string
	for _, d := range diffIDs(t, first) {
		got = append(got, d.String())
	}
	if !slices.Equal(got, info.DiffIDs) {
		t.Errorf("diff IDs %v, want %v", got, info.DiffIDs)
	}
	if n := len(events.events); n == 0 || events.events[n-1].Current == 0 {
		t.Errorf("progress told %v", events.events)
	}
	if a, b := digestOf(t, first), digestOf(t, s.export(t, s.image, engine.ExportOptions{})); a != b {
		t.Errorf("exported twice it is %s and %s", a, b)
	}
}

// A layer that a registry holds keeps the digest it has there: the same layer
// compressed by another program has another one.
func (s *suite) exportKnown(t *testing.T) {
	at := newRegistry(t) + "/known/base:1"
	base := pushBase(t, at, "base.txt", "known")
	layers, err := base.Layers()
	if err != nil {
		t.Fatal(err)
	}
	want, err := layers[0].Digest()
	if err != nil {
		t.Fatal(err)
	}
	diffID := diffIDs(t, base)[0]
	built := s.build(t, s.spec(t, "FROM "+at+"\nCOPY probe /probe\n", nil))
	img := s.export(t, built.ID, engine.ExportOptions{Known: func(d v1.Hash) v1.Layer {
		if d != diffID {
			return nil
		}
		return layers[0]
	}})
	manifest, err := img.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	if len(manifest.Layers) != 2 || manifest.Layers[0].Digest != want {
		t.Errorf("layers are %v, want the base's %s first", manifest.Layers, want)
	}
	if err := validate.Image(img); err != nil {
		t.Errorf("the exported image is not valid: %v", err)
	}
}

// The same content twice is one layer that occurs twice.
func (s *suite) exportEqualLayers(t *testing.T) {
	built := s.build(t, s.spec(t, fromProbe+"WORKDIR /a\nCOPY same /same\nCOPY same /same\nWORKDIR /a\n", map[string]string{"same": "same"}))
	if err := validate.Image(s.export(t, built.ID, engine.ExportOptions{})); err != nil {
		t.Errorf("the exported image is not valid: %v", err)
	}
}

// Each distinct layer is given as soon as it can be read, and is the image's.
func (s *suite) exportReady(t *testing.T) {
	built := s.build(t, s.spec(t, fromProbe+"COPY one /one\nCOPY two /two\n", map[string]string{"one": "one", "two": "two"}))
	var mu sync.Mutex
	var ready []v1.Layer
	img := s.export(t, built.ID, engine.ExportOptions{Ready: func(l v1.Layer) {
		mu.Lock()
		defer mu.Unlock()
		ready = append(ready, l)
	}})
	want := diffIDs(t, img)
	if len(ready) != len(want) {
		t.Fatalf("%d layers were ready, the image has %d", len(ready), len(want))
	}
	for _, l := range ready {
		diffID, err := l.DiffID()
		if err != nil {
			t.Fatal(err)
		}
		same, err := img.LayerByDiffID(diffID)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := layerDigest(t, l), layerDigest(t, same); got != want {
			t.Errorf("%s was ready as %s, and is %s in the image", diffID, got, want)
		}
	}
}

func layerDigest(t *testing.T, l v1.Layer) v1.Hash {
	t.Helper()
	digest, err := l.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return digest
}

// Each compression gives the same image twice, and its content is one.
func (s *suite) exportCompressed(t *testing.T) {
	built := s.build(t, s.spec(t, fromProbe+"COPY one /one\n", map[string]string{"one": "one"}))
	digests := map[string]string{}
	for text, media := range map[string]types.MediaType{"gzip": types.OCILayer, "gzip:9": types.OCILayer, "zstd": types.OCILayerZStd} {
		how, err := engine.ParseCompression(text)
		if err != nil {
			t.Fatal(err)
		}
		img := s.export(t, built.ID, engine.ExportOptions{Compression: how})
		if a, b := digestOf(t, img), digestOf(t, s.export(t, built.ID, engine.ExportOptions{Compression: how})); a != b {
			t.Errorf("exported twice with %s it is %s and %s", text, a, b)
		}
		if other, taken := digests[digestOf(t, img)]; taken {
			t.Errorf("%s and %s give the same image", text, other)
		}
		digests[digestOf(t, img)] = text
		manifest, err := img.Manifest()
		if err != nil {
			t.Fatal(err)
		}
		if got := manifest.Layers[len(manifest.Layers)-1].MediaType; got != media {
			t.Errorf("%s gives a layer of type %s, want %s", text, got, media)
		}
		if got := diffIDs(t, img); len(got) != 2 {
			t.Errorf("%s gives the layers %v", text, got)
		}
	}
}

func (s *suite) exportMissing(t *testing.T) {
	_, err := need[engine.Exporter](t, s).Export(t.Context(), "127.0.0.1:1/no/such:image", t.TempDir(), engine.ExportOptions{})
	wantErr(t, err, engine.ErrImageNotFound)
}
