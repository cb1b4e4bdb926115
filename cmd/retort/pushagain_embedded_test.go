package main

import (
	"crypto/rand"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// large is the size of a layer that nobody wants to send twice.
const large = 8 << 20

// Without a daemon, too, a push costs what is new: no base that the registry has, and
// no layer that was pushed before.
func TestPushAgainOnEmbedded(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 || raced {
		t.Skip("namespaces and mounts want root, and the solver of BuildKit has a race of its own")
	}
	reg := newCounting(t)
	pushLargeBase(t, reg.addr+"/bases/app:1")
	w := newWorkspace(t, reg.addr, map[string]string{
		"compose.yaml": deployed, "Dockerfile": "FROM $REGISTRY/bases/app:1\nCOPY large /large\nCOPY small /small\n",
	})
	w.vars = append(w.vars, "RETORT_ENGINE=embedded", "RETORT_STATE_DIR="+filepath.Join(t.TempDir(), "engine"))
	content := make([]byte, large)
	_, _ = rand.Read(content) // which no compression makes smaller
	w.write(t, "large", string(content))
	pushes := func(small string, least, most int64) string {
		t.Helper()
		w.write(t, "small", small)
		w.run(t, "build", "app")
		reg.sent.Store(0)
		pushed := w.run(t, "push")
		if sent := reg.sent.Load(); sent < least || sent > most {
			t.Errorf("%d bytes were sent, want %d to %d", sent, least, most)
		}
		return pushed
	}
	const slack = large / 8 // for the small layer, configs, manifests and the provenance
	if pushes("one", large, large+slack) == pushes("two", 1, slack) {
		t.Error("the small layer makes no other image")
	}
}

// pushLargeBase leaves an image of one large layer.
func pushLargeBase(t *testing.T, ref string) {
	t.Helper()
	img, err := random.Image(large, 1)
	if err != nil {
		t.Fatal(err)
	}
	config, err := img.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	config = config.DeepCopy()
	config.OS, config.Architecture = "linux", runtime.GOARCH
	if img, err = mutate.ConfigFile(img, config); err != nil {
		t.Fatal(err)
	}
	tag, err := name.NewTag(ref)
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(tag, img, remote.WithContext(t.Context())); err != nil {
		t.Fatal(err)
	}
}

// counting is a registry that counts the bytes it is sent.
type counting struct {
	addr string
	sent atomic.Int64
}

func newCounting(t *testing.T) *counting {
	t.Helper()
	c := &counting{}
	c.addr = serveBehind(t, t.TempDir(), func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		r.Body = countedBody{r.Body, &c.sent}
		next.ServeHTTP(w, r)
	})
	return c
}

// countedBody counts what is read of a request.
type countedBody struct {
	io.ReadCloser
	n *atomic.Int64
}

func (c countedBody) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.n.Add(int64(n))
	return n, err
}
