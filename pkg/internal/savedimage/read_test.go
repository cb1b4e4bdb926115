package savedimage_test

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/google/go-containerregistry/pkg/v1/validate"

	"github.com/retort-ci/retort/pkg/internal/savedimage"
)

func read(t *testing.T, entries ...entry) (v1.Image, error) {
	t.Helper()
	return savedimage.Read(t.Context(), bytes.NewReader(archive(t, entries...)), savedimage.Options{Dir: t.TempDir()})
}

func TestLayouts(t *testing.T) {
	for name, c := range map[string]struct {
		entries []entry
		types   []types.MediaType
		files   []string
	}{
		"docker":   {classic(t), []types.MediaType{types.OCILayer, types.OCILayer, types.OCILayer}, []string{"first", "second", "first"}},
		"OCI":      {oci(t, gzipped), []types.MediaType{types.OCILayer, types.OCILayer}, []string{"first", "second"}},
		"OCI zstd": {oci(t, zstandard), []types.MediaType{types.OCILayerZStd, types.OCILayer}, []string{"first", "second"}},
	} {
		t.Run(name, func(t *testing.T) {
			img, err := read(t, c.entries...)
			if err != nil {
				t.Fatal(err)
			}
			if err := validate.Image(img); err != nil && !slices.Contains(c.types, types.OCILayerZStd) { // it knows gzip only
				t.Errorf("not valid: %v", err)
			}
			m, err := img.Manifest()
			if err != nil {
				t.Fatal(err)
			}
			var got []types.MediaType
			for _, l := range m.Layers {
				got = append(got, l.MediaType)
			}
			if !slices.Equal(got, c.types) {
				t.Errorf("layers are %v, want %v", got, c.types)
			}
			if texts := texts(t, img); !slices.Equal(texts, c.files) {
				t.Errorf("files hold %q, want %q", texts, c.files)
			}
			again, err := read(t, c.entries...)
			if err != nil {
				t.Fatal(err)
			}
			if a, b := digest(t, img), digest(t, again); a != b {
				t.Errorf("read twice it is %s and %s", a, b)
			}
		})
	}
}

func digest(t *testing.T, img v1.Image) v1.Hash {
	t.Helper()
	d, err := img.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// texts gives the content of each layer's one file.
func texts(t *testing.T, img v1.Image) []string {
	t.Helper()
	layers, err := img.Layers()
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, l := range layers {
		r, err := l.Uncompressed()
		if err != nil {
			t.Fatal(err)
		}
		tr := tar.NewReader(r)
		if _, err := tr.Next(); err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(tr)
		if err != nil {
			t.Fatal(err)
		}
		_ = r.Close()
		all = append(all, string(text))
	}
	return all
}

func TestLinks(t *testing.T) {
	a := layer(t, "a", "linked")
	for name, links := range map[string][]entry{
		"symbolic": {{name: "2/layer.tar", typ: tar.TypeSymlink, link: "../1/layer.tar"}},
		"hard":     {{name: "2/layer.tar", typ: tar.TypeLink, link: "1/layer.tar"}},
		"chain":    {{name: "2/layer.tar", typ: tar.TypeSymlink, link: "../3/layer.tar"}, {name: "3/layer.tar", typ: tar.TypeSymlink, link: "../1/layer.tar"}},
	} {
		t.Run(name, func(t *testing.T) {
			entries := append(links,
				entry{name: "cfg.json", content: config(t, a, a)},
				entry{name: "./1/layer.tar", content: a},
				manifest(t, "./cfg.json", "./1/layer.tar", "2/layer.tar"))
			img, err := read(t, entries...)
			if err != nil {
				t.Fatal(err)
			}
			if got := texts(t, img); !slices.Equal(got, []string{"linked", "linked"}) {
				t.Errorf("files hold %q", got)
			}
		})
	}
}

func TestRefused(t *testing.T) {
	a, b := layer(t, "a", "first"), layer(t, "b", "second")
	cfg := entry{name: "cfg.json", content: config(t, a)}
	one := entry{name: "1/layer.tar", content: a}
	m := manifest(t, "cfg.json", "1/layer.tar")
	for name, c := range map[string]struct {
		entries []entry
		want    string
	}{
		"nothing":               {nil, "manifest.json is not in the saved image"},
		"no config":             {[]entry{one, m}, "cfg.json is not in the saved image"},
		"no layer":              {[]entry{cfg, m}, "1/layer.tar is not in the saved image"},
		"another layer":         {[]entry{cfg, {name: "1/layer.tar", content: b}, m}, "the config says sha256:" + sum(a)},
		"another gzipped layer": {[]entry{cfg, {name: "1/layer.tar", content: gzipped(t, b)}, m}, "the config says sha256:" + sum(a)},
		"another zstd layer":    {[]entry{cfg, {name: "1/layer.tar", content: zstandard(t, b)}, m}, "the config says sha256:" + sum(a)},
		"broken gzip":           {[]entry{cfg, {name: "1/layer.tar", content: gzipped(t, a)[:60]}, m}, "read layer 1/layer.tar"},
		"fewer layers":          {[]entry{cfg, one, manifest(t, "cfg.json")}, "config names 1 layers, manifest.json 0"},
		"two images":            {[]entry{cfg, one, {name: "manifest.json", content: `[{},{}]`}}, "names 2 images"},
		"manifest not JSON":     {[]entry{cfg, one, {name: "manifest.json", content: `<html>`}}, "manifest.json"},
		"config not JSON":       {[]entry{{name: "cfg.json", content: `<html>`}, one, m}, "config"},
		"endless config":        {[]entry{{name: "cfg.json", content: strings.Repeat(" ", 9<<20)}, one, m}, "at most"},
		"link to itself":        {[]entry{cfg, {name: "1/layer.tar", typ: tar.TypeSymlink, link: "layer.tar"}, m}, "1/layer.tar is not in the saved image"},
		"link out of it":        {[]entry{cfg, {name: "1/layer.tar", typ: tar.TypeSymlink, link: "/etc/hosts"}, m}, "1/layer.tar is not in the saved image"},
		"layer is a device":     {[]entry{cfg, {name: "1/layer.tar", typ: tar.TypeChar}, m}, "1/layer.tar is not in the saved image"},
		"layer named as a path": {[]entry{cfg, manifest(t, "cfg.json", "/etc/hosts")}, "/etc/hosts is not in the saved image"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := read(t, c.entries...)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error is %v, want %q in it", err, c.want)
			}
		})
	}
}

// Names in the stream never become names on the disk.
func TestHostileNames(t *testing.T) {
	a := layer(t, "a", "first")
	outside := t.TempDir()
	dir := filepath.Join(outside, "in", "side")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	stream := archive(t,
		entry{name: "../../escaped", content: "x"},
		entry{name: filepath.Join(outside, "absolute"), content: "x"},
		entry{name: "../../layer.tar", content: a},
		entry{name: "cfg.json", content: config(t, a)},
		manifest(t, "cfg.json", "../../layer.tar"),
	)
	img, err := savedimage.Read(t.Context(), bytes.NewReader(stream), savedimage.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if got := texts(t, img); !slices.Equal(got, []string{"first"}) {
		t.Errorf("files hold %q", got)
	}
	entries, err := os.ReadDir(outside)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 1 {
		t.Errorf("outside of the directory there is %v", entries)
	}
}

// A layer that a registry holds is taken from there, whatever the stream has,
// and can still be mounted. Docker's name for its type becomes OCI's.
func TestKnownLayers(t *testing.T) {
	repo, err := name.NewTag("example.com/base:1")
	if err != nil {
		t.Fatal(err)
	}
	held := static.NewLayer([]byte("as the registry holds it"), types.DockerLayer)
	mountable := &remote.MountableLayer{Layer: held, Reference: repo}
	img, err := savedimage.Read(t.Context(), bytes.NewReader(archive(t, classic(t)...)), savedimage.Options{Dir: t.TempDir(), Known: func(d v1.Hash) v1.Layer {
		if d.Hex == sum(layer(t, "a", "first")) {
			return mountable
		}
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	layers, err := img.Layers()
	if err != nil {
		t.Fatal(err)
	}
	m, err := img.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	want, _ := held.Digest()
	for _, i := range []int{0, 2} {
		if got, ok := layers[i].(*remote.MountableLayer); !ok || got.Reference != repo {
			t.Errorf("layer %d is a %T, which cannot be mounted", i, layers[i])
		}
		if m.Layers[i].Digest != want || m.Layers[i].MediaType != types.OCILayer {
			t.Errorf("layer %d is %v", i, m.Layers[i])
		}
	}
}

func TestBrokenStream(t *testing.T) {
	whole := archive(t, classic(t)...)
	_, err := savedimage.Read(t.Context(), bytes.NewReader(whole[:len(whole)/2]), savedimage.Options{Dir: t.TempDir()})
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("error is %v, want %v", err, io.ErrUnexpectedEOF)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := savedimage.Read(ctx, bytes.NewReader(whole), savedimage.Options{Dir: t.TempDir()}); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v, want %v", err, context.Canceled)
	}
}

// Whatever the stream holds, what comes out is an image that is whole.
func FuzzRead(f *testing.F) {
	f.Add(archive(f, classic(f)...))
	f.Add(archive(f, oci(f, gzipped)...))
	f.Add(archive(f, oci(f, zstandard)...))
	f.Add(archive(f, entry{name: "manifest.json", content: `[{"Config":"manifest.json"}]`}))
	f.Add([]byte("no archive"))
	diffIDs := []string{"sha256:" + sum(layer(f, "a", "first")), "sha256:" + sum(layer(f, "b", "second"))}
	f.Fuzz(func(t *testing.T, stream []byte) {
		img, err := savedimage.Read(t.Context(), bytes.NewReader(stream), savedimage.Options{Dir: t.TempDir(), DiffIDs: diffIDs})
		if err != nil {
			return
		}
		if _, err := img.Digest(); err != nil {
			t.Error(err)
		}
		for _, text := range layersOf(t, img) {
			if _, err := io.Copy(io.Discard, text); err != nil {
				t.Error(err)
			}
		}
	})
}

func layersOf(t *testing.T, img v1.Image) []io.ReadCloser {
	t.Helper()
	layers, err := img.Layers()
	if err != nil {
		t.Fatal(err)
	}
	var all []io.ReadCloser
	for _, l := range layers {
		r, err := l.Uncompressed()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = r.Close() })
		all = append(all, r)
	}
	return all
}
