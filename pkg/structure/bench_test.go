package structure_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/retort-ci/retort/pkg/structure"
)

// The image of the benchmark: 5,000 files of 20 KB in five layers.
const (
	benchLayers = 5
	benchFiles  = 1000 // in each
	benchSize   = 20 << 10
)

// benchLayer is a tar whose files compress to about a third, as programs do.
func benchLayer(b *testing.B, layer int) []byte {
	b.Helper()
	random := rand.NewChaCha8([32]byte{byte(layer)})
	content := make([]byte, benchSize)
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for i := range benchFiles {
		_, _ = random.Read(content[:benchSize/3])
		h := &tar.Header{Name: fmt.Sprintf("usr/share/l%d/d%d/f%d", layer, i%50, i), Mode: 0o644, Size: benchSize}
		if err := w.WriteHeader(h); err != nil {
			b.Fatal(err)
		}
		if _, err := w.Write(content); err != nil {
			b.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
	return out.Bytes()
}

// gzipped is a layer as a registry gives it: every read decompresses it.
type gzipped struct{ blob []byte }

func (g gzipped) DiffID() (v1.Hash, error)            { return g.Digest() }
func (g gzipped) Size() (int64, error)                { return int64(len(g.blob)), nil }
func (g gzipped) MediaType() (types.MediaType, error) { return types.OCILayer, nil }
func (g gzipped) Compressed() (io.ReadCloser, error) {
	return io.NopCloser(bytes.NewReader(g.blob)), nil
}

func (g gzipped) Digest() (hash v1.Hash, err error) {
	hash, _, err = v1.SHA256(bytes.NewReader(g.blob))
	return hash, err
}

func compressed(b *testing.B, plain []byte) v1.Layer {
	b.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(plain); err != nil {
		b.Fatal(err)
	}
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
	layer, err := partial.CompressedToLayer(gzipped{out.Bytes()})
	if err != nil {
		b.Fatal(err)
	}
	return layer
}

// benchFile has 50 file tests, 20 of them of contents, in the layers from low
// to high; with one of a file that is not there, every layer is to be read.
func benchFile(b *testing.B, low, high int, absent bool) structure.File {
	b.Helper()
	var text strings.Builder
	text.WriteString("schemaVersion: 2.0.0\nfileContentTests:\n")
	path := func(i int) string {
		return fmt.Sprintf("/usr/share/l%d/d%d/f%d", low+i%(high-low+1), i, i)
	}
	for i := range 20 {
		fmt.Fprintf(&text, "- {name: c%d, path: %s, expectedContents: ['\\x00+$']}\n", i, path(i))
	}
	text.WriteString("fileExistenceTests:\n")
	for i := 20; i < 49; i++ {
		fmt.Fprintf(&text, "- {name: e%d, path: %s, permissions: -rw-r--r--, uid: 0}\n", i, path(i))
	}
	last := path(49)
	if absent {
		last = "/etc/shadow"
	}
	fmt.Fprintf(&text, "- {name: last, path: %s, shouldExist: %v}\n", last, !absent)
	return parse(b, "bench.yaml", text.String())
}

// BenchmarkFileChecks makes 50 file checks on an image of 100 MB and 5,000
// files. "plain" layers are those of an engine's export, "gzip" those of a
// registry without its network; "top" asks for files of the upper layer alone.
func BenchmarkFileChecks(b *testing.B) {
	plain, zipped := empty.Image, empty.Image
	for i := range benchLayers {
		layer := benchLayer(b, i)
		var err error
		if plain, err = mutate.AppendLayers(plain, static.NewLayer(layer, types.OCIUncompressedLayer)); err != nil {
			b.Fatal(err)
		}
		if zipped, err = mutate.AppendLayers(zipped, compressed(b, layer)); err != nil {
			b.Fatal(err)
		}
	}
	all, top := benchFile(b, 0, benchLayers-1, true), benchFile(b, benchLayers-1, benchLayers-1, false)
	for _, bb := range []struct {
		name string
		img  v1.Image
		file structure.File
	}{{"plain", plain, all}, {"plain/top", plain, top}, {"gzip", zipped, all}, {"gzip/top", zipped, top}} {
		b.Run(bb.name, func(b *testing.B) {
			for b.Loop() {
				results, err := structure.Check(b.Context(), bb.file, bb.img, nil)
				if err != nil {
					b.Fatal(err)
				}
				if text := show(results); strings.Contains(text, "FAIL") || len(results) != 50 {
					b.Fatal(text)
				}
			}
		})
	}
}
