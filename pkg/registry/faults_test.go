package registry_test

import (
	"crypto/rand"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// cutAfter ends a request's body early, as a lost connection does.
type cutAfter struct {
	io.Reader
	left int64
}

func (c *cutAfter) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, io.ErrUnexpectedEOF
	}
	n, err := c.Reader.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	return n, err
}

// nowhere is an answer that never arrives.
type nowhere struct{ header http.Header }

func (n nowhere) Header() http.Header         { return n.header }
func (n nowhere) Write(p []byte) (int, error) { return len(p), nil }
func (n nowhere) WriteHeader(int)             {}

// cutUploads cuts the connection of the first n requests with a body of min
// bytes or more, after the registry has had some of it.
func cutUploads(n int, least, after int64) func(http.ResponseWriter, *http.Request, http.Handler) bool {
	var mu sync.Mutex
	return func(_ http.ResponseWriter, r *http.Request, next http.Handler) bool {
		if !strings.Contains(r.URL.Path, "/blobs/uploads/") || r.ContentLength < least {
			return false
		}
		mu.Lock()
		n--
		cut := n >= 0
		mu.Unlock()
		if cut {
			r.Body = struct {
				io.Reader
				io.Closer
			}{&cutAfter{r.Body, after}, r.Body}
			next.ServeHTTP(nowhere{http.Header{}}, r)
			panic(http.ErrAbortHandler)
		}
		return false
	}
}

// cutDownloads cuts the first n answers with a blob of least bytes or more.
func cutDownloads(n int, after int) func(http.ResponseWriter, *http.Request, http.Handler) bool {
	var mu sync.Mutex
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) bool {
		if r.Method != http.MethodGet || !strings.Contains(r.URL.Path, "/blobs/sha256:") {
			return false
		}
		mu.Lock()
		defer mu.Unlock()
		if n--; n < 0 {
			return false
		}
		next.ServeHTTP(&cutAnswer{ResponseWriter: w, left: after}, r)
		return true
	}
}

type cutAnswer struct {
	http.ResponseWriter
	left int
}

func (c *cutAnswer) Write(p []byte) (int, error) {
	n := min(len(p), c.left)
	_, _ = c.ResponseWriter.Write(p[:n])
	if c.left -= n; c.left == 0 && n < len(p) {
		if flusher, ok := c.ResponseWriter.(http.Flusher); ok {
			flusher.Flush()
		}
		panic(http.ErrAbortHandler)
	}
	return n, nil
}

// single gives an image of one layer of that size.
func single(t *testing.T, size int64) v1.Image {
	t.Helper()
	img, err := mutate.AppendLayers(empty.Image, noise(size))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// noise is a layer of any bytes. It is no archive, and need not be: a registry looks
// into none. So nothing has to compress it anew whenever it is read, which takes the
// race detector seconds.
func noise(size int64) v1.Layer {
	content := make([]byte, size)
	_, _ = rand.Read(content) // never fails
	return static.NewLayer(content, types.OCILayer)
}

// layerSize is the size of the image's layer as it is sent.
func layerSize(t *testing.T, img v1.Image) int64 {
	t.Helper()
	layers, err := img.Layers()
	if err != nil {
		t.Fatal(err)
	}
	size, err := layers[0].Size()
	if err != nil {
		t.Fatal(err)
	}
	return size
}

// stored reads the image's layer past the client under test and fails the test
// unless it is what was pushed.
func stored(t *testing.T, w *wire, repository string, img v1.Image) {
	t.Helper()
	w.intercept(nil)
	layers, err := img.Layers()
	if err != nil {
		t.Fatal(err)
	}
	for _, layer := range layers {
		want := digestOf(t, layer)
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+w.addr+"/v2/"+repository+"/blobs/"+want, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		got, n, err := v1.SHA256(resp.Body)
		_ = resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK || got.String() != want {
			t.Errorf("%s: %s, %d bytes of %s, %v", want, resp.Status, n, got, err)
		}
	}
}

// committed gives the requests that ended uploads well or not.
func committed(w *wire) []string {
	var found []string
	for _, request := range w.seen("PUT") {
		if isCommit(request) {
			found = append(found, request)
		}
	}
	return found
}

// tagged writes a manifest with these layers under ref, past the client.
func tagged(t *testing.T, ref string, layers ...mutate.Addendum) v1.Image {
	t.Helper()
	img, err := mutate.Append(mutate.MediaType(empty.Image, types.OCIManifestSchema1), layers...)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := img.RawManifest()
	if err != nil {
		t.Fatal(err)
	}
	config, err := img.RawConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := name.ParseReference(ref)
	if err != nil {
		t.Fatal(err)
	}
	storeBlob(t, parsed.Context(), static.NewLayer(config, types.OCIConfigJSON))
	put(t, ref, raw, types.OCIManifestSchema1)
	return img
}

// storeBlob writes a blob, past the client under test.
func storeBlob(t *testing.T, repo name.Repository, layer v1.Layer) {
	t.Helper()
	if err := remote.WriteLayer(repo, layer, remote.WithContext(t.Context())); err != nil {
		t.Fatal(err)
	}
}
