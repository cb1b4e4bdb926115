package contentimage_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/plugins/content/local"
	"github.com/containerd/platforms"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/google/go-containerregistry/pkg/v1/validate"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/internal/contentimage"
)

// store is a content store on disk.
type store struct {
	content.Store
	dir string
}

func newStore(t *testing.T) store {
	t.Helper()
	dir := t.TempDir()
	s, err := local.NewStore(dir)
	if err != nil {
		t.Fatal(err)
	}
	return store{s, dir}
}

func (s store) put(t *testing.T, mediaType string, raw []byte) ocispecs.Descriptor {
	t.Helper()
	desc := ocispecs.Descriptor{MediaType: mediaType, Digest: digest.FromBytes(raw), Size: int64(len(raw))}
	if err := content.WriteBlob(t.Context(), s, desc.Digest.String(), bytes.NewReader(raw), desc); err != nil {
		t.Fatal(err)
	}
	return desc
}

func (s store) putJSON(t *testing.T, mediaType string, of any) ocispecs.Descriptor {
	t.Helper()
	raw, err := json.Marshal(of)
	if err != nil {
		t.Fatal(err)
	}
	return s.put(t, mediaType, raw)
}

// putImage stores what ggcr made, and gives its manifest's descriptor.
func (s store) putImage(t *testing.T, img v1.Image) ocispecs.Descriptor {
	t.Helper()
	layers, err := img.Layers()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range layers {
		r, err := l.Compressed()
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		s.put(t, string(types.DockerLayer), raw)
	}
	config, err := img.RawConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	s.put(t, string(types.DockerConfigJSON), config)
	manifest, err := img.RawManifest()
	if err != nil {
		t.Fatal(err)
	}
	return s.put(t, string(types.DockerManifestSchema2), manifest)
}

func randomImage(t *testing.T, layers int64) v1.Image {
	t.Helper()
	img, err := random.Image(3000, layers)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// What lies in the store comes out as the same image, each layer once.
func TestOpen(t *testing.T) {
	s, made := newStore(t), randomImage(t, 3)
	desc := s.putImage(t, made)
	var ready []v1.Hash
	opened, err := contentimage.Open(t.Context(), s, desc, engine.ExportOptions{Ready: func(l v1.Layer) {
		h, err := l.Digest()
		if err != nil {
			t.Error(err)
		}
		ready = append(ready, h)
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Image(opened); err != nil {
		t.Error(err)
	}
	if got, err := opened.Digest(); err != nil || got.String() != desc.Digest.String() {
		t.Errorf("opened %s, %v; want %s", got, err, desc.Digest)
	}
	if len(ready) != 3 {
		t.Errorf("%d layers were ready, want 3", len(ready))
	}
}

// A layer that a registry holds is taken from there when it is the same blob, and
// only then: the manifest names the store's. It can be mounted, however it is asked for.
func TestOpenKnown(t *testing.T) {
	s, made := newStore(t), randomImage(t, 2)
	desc := s.putImage(t, made)
	layers, err := made.Layers()
	if err != nil {
		t.Fatal(err)
	}
	other, err := random.Layer(100, types.DockerLayer)
	if err != nil {
		t.Fatal(err)
	}
	same, err := layers[0].DiffID()
	if err != nil {
		t.Fatal(err)
	}
	var ready int
	opened, err := contentimage.Open(t.Context(), s, desc, engine.ExportOptions{
		Known: func(diffID v1.Hash) v1.Layer {
			if diffID == same {
				return &remote.MountableLayer{Layer: layers[0]}
			}
			return other
		},
		Ready: func(v1.Layer) { ready++ },
	})
	if err != nil {
		t.Fatal(err)
	}
	if ready != 1 {
		t.Errorf("%d layers are to be sent, want 1", ready)
	}
	if err := validate.Image(opened); err != nil {
		t.Error(err)
	}
	inOrder, err := opened.Layers()
	if err != nil {
		t.Fatal(err)
	}
	for i, layer := range layers {
		digest, err := layer.Digest()
		if err != nil {
			t.Fatal(err)
		}
		diffID, err := layer.DiffID()
		if err != nil {
			t.Fatal(err)
		}
		byDigest, err := opened.LayerByDigest(digest)
		if err != nil {
			t.Fatal(err)
		}
		byDiffID, err := opened.LayerByDiffID(diffID)
		if err != nil {
			t.Fatal(err)
		}
		for _, got := range []v1.Layer{inOrder[i], byDigest, byDiffID} {
			if _, mountable := got.(*remote.MountableLayer); mountable != (i == 0) {
				t.Errorf("layer %d is %T", i, got)
			}
		}
	}
}

// A layer's file that was cut, or is gone, is told when it is read.
func TestDamagedLayer(t *testing.T) {
	s, made := newStore(t), randomImage(t, 1)
	desc := s.putImage(t, made)
	opened, err := contentimage.Open(t.Context(), s, desc, engine.ExportOptions{})
	if err != nil {
		t.Fatal(err)
	}
	layers, err := opened.Layers()
	if err != nil {
		t.Fatal(err)
	}
	h, err := layers[0].Digest()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(s.dir, "blobs", "sha256", h.Hex)
	for _, damage := range []func() error{
		func() error { return os.Truncate(file, 10) },
		func() error { return os.Remove(file) },
	} {
		if err := errors.Join(os.Chmod(file, 0o600), damage()); err != nil {
			t.Fatal(err)
		}
		if _, err := layers[0].Compressed(); err == nil {
			t.Error("a damaged layer was opened")
		}
	}
}

func TestDamagedDocuments(t *testing.T) {
	s := newStore(t)
	config := s.put(t, ocispecs.MediaTypeImageConfig, []byte(`{"rootfs":{"type":"layers","diff_ids":[]}}`))
	gone := ocispecs.Descriptor{MediaType: ocispecs.MediaTypeImageConfig, Digest: digest.FromString("gone"), Size: 4}
	for name, desc := range map[string]ocispecs.Descriptor{
		"no JSON":        s.put(t, ocispecs.MediaTypeImageManifest, []byte("{")),
		"no config":      s.putJSON(t, ocispecs.MediaTypeImageManifest, ocispecs.Manifest{Config: gone}),
		"layers differ":  s.putJSON(t, ocispecs.MediaTypeImageManifest, ocispecs.Manifest{Config: config, Layers: []ocispecs.Descriptor{gone}}),
		"index of none":  s.put(t, ocispecs.MediaTypeImageIndex, []byte(`{"manifests":[{"platform":{"os":"unknown"}}]}`)),
		"no such":        gone,
		"too large":      {Digest: digest.FromString("large"), Size: 1 << 40},
		"other's digest": {Digest: config.Digest, Size: config.Size - 1},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := contentimage.Open(t.Context(), s, desc, engine.ExportOptions{}); err == nil {
				t.Error("it was opened")
			}
		})
	}
	if _, err := contentimage.Inspect(t.Context(), s, gone); !errors.Is(err, engine.ErrImageNotFound) {
		t.Errorf("gave %v, want ErrImageNotFound", err)
	}
}

const dockerConfig = `{
	"os": "linux", "architecture": "arm64", "variant": "v8",
	"rootfs": {"type": "layers", "diff_ids": ["sha256:0000000000000000000000000000000000000000000000000000000000000001"]},
	"config": {
		"Labels": {"a": "b"}, "ExposedPorts": {"9090/tcp": {}, "8080/tcp": {}},
		"Healthcheck": {"Test": ["CMD", "/up"], "Interval": 500000000, "Retries": 4}
	}
}`

func TestInspect(t *testing.T) {
	s := newStore(t)
	config := s.put(t, ocispecs.MediaTypeImageConfig, []byte(dockerConfig))
	desc := s.putJSON(t, ocispecs.MediaTypeImageManifest, ocispecs.Manifest{
		Config: config, Layers: []ocispecs.Descriptor{{Digest: digest.FromString("layer"), Size: 70}},
	})
	info, err := contentimage.Inspect(t.Context(), s, desc)
	if err != nil {
		t.Fatal(err)
	}
	if info.ID != desc.Digest.String() || info.Size != 70 || info.Platform != "linux/arm64/v8" || len(info.DiffIDs) != 1 {
		t.Errorf("inspected %+v", info)
	}
	if info.Labels["a"] != "b" || !slices.Equal(info.Ports, []string{"8080/tcp", "9090/tcp"}) {
		t.Errorf("inspected %+v", info)
	}
	if !slices.Equal(info.Healthcheck, []string{"CMD", "/up"}) || info.Rhythm.Interval.Milliseconds() != 500 || info.Rhythm.Retries != 4 {
		t.Errorf("health is asked by %q, %+v", info.Healthcheck, info.Rhythm)
	}
}

// Of an index the image of this machine counts, and the ID stays the index's.
func TestIndex(t *testing.T) {
	s := newStore(t)
	here := platforms.DefaultSpec()
	mine := s.putImage(t, randomImage(t, 1))
	mine.Platform = &here
	index := s.putJSON(t, ocispecs.MediaTypeImageIndex, ocispecs.Index{Manifests: []ocispecs.Descriptor{
		{Digest: digest.FromString("attested"), Platform: &ocispecs.Platform{OS: "unknown", Architecture: "unknown"}},
		{Digest: digest.FromString("other"), Platform: &ocispecs.Platform{OS: "plan9", Architecture: "mips"}},
		mine,
	}})
	chosen, _, err := contentimage.Manifest(t.Context(), s, index)
	if err != nil || chosen.Digest != mine.Digest {
		t.Errorf("chose %s, %v; want %s", chosen.Digest, err, mine.Digest)
	}
	info, err := contentimage.Inspect(t.Context(), s, index)
	if err != nil || info.ID != index.Digest.String() {
		t.Errorf("inspected %+v, %v", info, err)
	}
}
