package registry_test

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/registry"
)

// flipped changes one byte of what is written through it.
type flipped struct {
	http.ResponseWriter
	at int
}

func (f *flipped) Write(p []byte) (int, error) {
	if f.at >= 0 && f.at < len(p) {
		p = bytes.Clone(p)
		p[f.at] ^= 1
	}
	f.at -= len(p)
	return f.ResponseWriter.Write(p)
}

// blobAnswers lets answer see the answers with blobs.
func blobAnswers(answer func(w http.ResponseWriter) http.ResponseWriter) func(http.ResponseWriter, *http.Request, http.Handler) bool {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) bool {
		if r.Method != http.MethodGet || !strings.Contains(r.URL.Path, "/blobs/sha256:") {
			return false
		}
		next.ServeHTTP(answer(w), r)
		return true
	}
}

// Wrong bytes are never committed under a digest, and not asked for again.
func TestWrongBytesAreNotPassedOn(t *testing.T) {
	for _, size := range []int64{100 << 10, 9 << 20} {
		for _, at := range []int{0, 1000, int(size / 2)} {
			w, other := embedded(t), embedded(t)
			c := client(t)
			if _, err := c.Push(t.Context(), single(t, size), w.addr+"/shop/orders:1"); err != nil {
				t.Fatal(err)
			}
			w.intercept(blobAnswers(func(w http.ResponseWriter) http.ResponseWriter { return &flipped{w, at} }))
			_, err := c.Copy(t.Context(), w.addr+"/shop/orders:1", other.addr+"/prod/orders:1")
			if !errors.Is(err, registry.ErrCorrupt) || fault.SideOf(err) != fault.Infrastructure || !strings.Contains(err.Error(), "/orders") {
				t.Errorf("%d, byte %d: %v", size, at, err)
			}
			for _, request := range other.seen("PUT") {
				if strings.Contains(request, "/manifests/") {
					t.Errorf("%d, byte %d: %s", size, at, request)
				}
			}
			if size > 8<<20 && len(committed(other)) > 1 { // the config, which is too small to be hit there
				t.Errorf("%d, byte %d: committed %v", size, at, committed(other))
			}
		}
	}
}

// A blob that ends early, and says so, is asked for again, and given up.
func TestATruncatedBlob(t *testing.T) {
	w, other := embedded(t), embedded(t)
	c := clientWith(t, registry.Options{RetryFor: time.Second})
	if _, err := c.Push(t.Context(), single(t, 100<<10), w.addr+"/shop/orders:1"); err != nil {
		t.Fatal(err)
	}
	w.intercept(func(rw http.ResponseWriter, r *http.Request, _ http.Handler) bool {
		if r.Method != http.MethodGet || !strings.Contains(r.URL.Path, "/blobs/sha256:") {
			return false
		}
		_, _ = rw.Write([]byte("short")) // whatever the range
		return true
	})
	_, err := c.Copy(t.Context(), w.addr+"/shop/orders:1", other.addr+"/prod/orders:1")
	if fault.SideOf(err) != fault.Infrastructure {
		t.Errorf("%v: %v", fault.SideOf(err), err)
	}
	if _, err := c.Resolve(t.Context(), other.addr+"/prod/orders:1"); !errors.Is(err, registry.ErrNotFound) {
		t.Errorf("it was copied: %v", err)
	}
}

func manifestAnswers(raw []byte, mediaType types.MediaType) func(http.ResponseWriter, *http.Request, http.Handler) bool {
	return func(w http.ResponseWriter, r *http.Request, _ http.Handler) bool {
		if r.Method != http.MethodGet || !strings.Contains(r.URL.Path, "/shop/orders/manifests/") {
			return false
		}
		w.Header().Set("Content-Type", string(mediaType))
		_, _ = w.Write(raw)
		return true
	}
}

func TestManifestsThatAreRefused(t *testing.T) {
	w := embedded(t)
	c := client(t)
	img := pushed(t, c, w.addr+"/shop/orders:1")
	byDigest := w.addr + "/shop/orders@" + digestOf(t, img)
	byTag := w.addr + "/shop/orders:1"
	for what, bad := range map[string]struct {
		ref       string
		raw       []byte
		mediaType types.MediaType
		says      string
		is        error
	}{
		"another digest":    {byDigest, []byte(`{"schemaVersion":2}`), types.OCIManifestSchema1, digestOf(t, img), registry.ErrCorrupt},
		"ten megabytes":     {byTag, bytes.Repeat([]byte(" "), 10<<20), types.OCIManifestSchema1, "4194304", nil},
		"schema 1":          {byTag, []byte(`{"schemaVersion":1}`), types.DockerManifestSchema1, "schema 1", nil},
		"schema 1, signed":  {byTag, []byte(`{"schemaVersion":1}`), types.DockerManifestSchema1Signed, "schema 1", nil},
		"something unknown": {byTag, []byte(`{}`), "application/x-unknown", "application/x-unknown", nil},
		"no JSON":           {byTag, []byte(`{`), types.OCIManifestSchema1, "parse manifest", nil},
	} {
		w.intercept(manifestAnswers(bad.raw, bad.mediaType))
		_, err := c.Copy(t.Context(), bad.ref, w.addr+"/prod/orders:1")
		if err == nil || !strings.Contains(err.Error(), bad.says) || bad.is != nil && !errors.Is(err, bad.is) || fault.SideOf(err) == fault.Unexpected {
			t.Errorf("%s: %v: %v", what, fault.SideOf(err), err)
		}
	}
	if sent := w.seen("PUT /v2/prod/"); len(sent) != 0 {
		t.Errorf("it wrote %v", sent)
	}
}

// Layers that may not be copied are not: they have addresses of their own.
func TestForeignLayersAreNotCopied(t *testing.T) {
	w, other := embedded(t), embedded(t)
	own := static.NewLayer([]byte("own"), types.OCIUncompressedLayer)
	theirs := static.NewLayer([]byte("theirs"), types.OCIRestrictedLayer)
	parsed, err := name.ParseReference(w.addr + "/shop/windows:1")
	if err != nil {
		t.Fatal(err)
	}
	storeBlob(t, parsed.Context(), own)
	img := tagged(t, w.addr+"/shop/windows:1",
		mutate.Addendum{Layer: own}, mutate.Addendum{Layer: theirs, URLs: []string{"https://example.com/layer"}})
	c := client(t)
	if _, err := c.Copy(t.Context(), w.addr+"/shop/windows:1", other.addr+"/prod/windows:1"); err != nil {
		t.Fatal(err)
	}
	names(t, c, other.addr+"/prod/windows:1", digestOf(t, img))
	for _, request := range append(w.seen(""), other.seen("")...) {
		if strings.Contains(request, digestOf(t, theirs)) {
			t.Errorf("it asked for the foreign layer: %s", request)
		}
	}
	if err := c.Whole(t.Context(), other.addr+"/prod/windows:1"); err != nil {
		t.Error(err)
	}
}

// Whole names what is missing.
func TestWhole(t *testing.T) {
	w := embedded(t)
	c := client(t)
	img := pushed(t, c, w.addr+"/shop/orders:1")
	if err := c.Whole(t.Context(), w.addr+"/shop/orders:1"); err != nil {
		t.Error(err)
	}
	config, err := partial.ConfigLayer(img)
	if err != nil {
		t.Fatal(err)
	}
	for _, gone := range []string{digestOf(t, config), digestsOfLayers(t, img)[1]} {
		w.intercept(func(rw http.ResponseWriter, r *http.Request, _ http.Handler) bool {
			if !strings.HasSuffix(r.URL.Path, gone) {
				return false
			}
			rw.WriteHeader(http.StatusNotFound)
			return true
		})
		err := c.Whole(t.Context(), w.addr+"/shop/orders:1")
		if !errors.Is(err, registry.ErrNotFound) || !strings.Contains(err.Error(), gone) {
			t.Errorf("%s is missing: %v", gone, err)
		}
	}
	w.intercept(nil)
	if err := c.Whole(t.Context(), w.addr+"/shop/orders:2"); !errors.Is(err, registry.ErrNotFound) {
		t.Errorf("no manifest: %v", err)
	}
}
