package main

import (
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

const (
	// heavy is a layer that takes a while over a real network.
	heavy = 32 << 20
	// arrived is how much of it the registry has when the push is killed.
	arrived = 20 << 20
	// trifles are more than the config, the manifest, the other layer and what
	// stands around the layers' files take together.
	trifles = heavy / 16
)

// A push that is killed in the middle of a layer costs the next process what had
// not arrived; where the registry has forgotten the upload, the whole layer, and it
// says so. Both end with the right bytes.
func TestAKilledPushGoesOn(t *testing.T) {
	for what, c := range map[string]struct {
		forget      bool
		told        string
		least, most int64
	}{
		"where it stopped": {false, fmt.Sprintf("goes on after %d", arrived), heavy - arrived, heavy - arrived + trifles},
		"from the start":   {true, "begins anew: the registry has forgotten it", heavy, heavy + trifles},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			reg := newHolding(t, arrived)
			w := newWorkspace(t, reg.addr, map[string]string{
				"compose.yaml": deployed, "Dockerfile": "FROM scratch\nCOPY large unique /\n",
			})
			content := make([]byte, heavy)
			_, _ = rand.Read(content) // which no compression makes smaller
			w.write(t, "large", string(content))
			w.run(t, "build", "app")
			reg.killThere(t, w)
			if c.forget {
				reg.forget(t)
			}

			reg.taken.Store(0)
			p := w.begin(t, "==> push", "push")
			if code := p.end(t); code != 0 {
				t.Fatalf("exit code %d:\n%s", code, p.stderr.String())
			}
			if !strings.Contains(p.stderr.String(), c.told) {
				t.Errorf("it does not say %q:\n%s", c.told, p.stderr.String())
			}
			if n := reg.taken.Load(); n < c.least || n > c.most {
				t.Errorf("it sent %d bytes, want %d to %d", n, c.least, c.most)
			}
			reg.whole(t, "shop/app:local")
			w.left(t)
		})
	}
}

// holding is a registry that takes so many bytes of the first large upload, and no
// more before its sender is dead.
type holding struct {
	addr  string
	dir   string
	taken atomic.Int64 // bytes of all bodies

	reached chan struct{} // closed when it holds
	dead    chan struct{}
	died    func()        // closes it
	lost    chan struct{} // closed when the registry has written what it took
}

func newHolding(t *testing.T, after int64) *holding {
	t.Helper()
	h := &holding{dir: t.TempDir(), reached: make(chan struct{}), dead: make(chan struct{}), lost: make(chan struct{})}
	h.died = sync.OnceFunc(func() { close(h.dead) })
	var once atomic.Bool
	h.addr = serveBehind(t, h.dir, func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		r.Body = countedBody{r.Body, &h.taken}
		// A layer that is made as it is sent has no length yet.
		if !sendsBlob(r) || r.ContentLength >= 0 && r.ContentLength < after || !once.CompareAndSwap(false, true) {
			next.ServeHTTP(w, r)
			return
		}
		defer close(h.lost)
		r.Body = &heldBody{ReadCloser: r.Body, left: after, held: sync.OnceFunc(func() { close(h.reached) }), dead: h.dead}
		next.ServeHTTP(w, r)
	})
	t.Cleanup(h.died) // or the server would wait for a test that has failed
	return h
}

// heldBody ends after some bytes, as at a lost connection, when its sender is dead.
type heldBody struct {
	io.ReadCloser
	left int64
	held func()
	dead <-chan struct{}
}

func (b *heldBody) Read(p []byte) (int, error) {
	if b.left == 0 {
		b.held()
		<-b.dead
		return 0, io.ErrUnexpectedEOF
	}
	n, err := b.ReadCloser.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

// killThere pushes until the registry holds the layer, and kills that.
func (h *holding) killThere(t *testing.T, w *workspace) {
	t.Helper()
	w.beginUntil(t, h.reached, "push").kill(t)
	h.died()
	<-h.lost
}

// forget removes the upload, as registries do with old ones.
func (h *holding) forget(t *testing.T) {
	t.Helper()
	uploads, err := filepath.Glob(filepath.Join(h.dir, "docker/registry/v2/repositories/shop/app/_uploads/*"))
	if err != nil || len(uploads) == 0 {
		t.Fatalf("there are the uploads %v, %v", uploads, err)
	}
	for _, upload := range uploads {
		if err := os.RemoveAll(upload); err != nil {
			t.Fatal(err)
		}
	}
}

// whole fails the test unless each blob of the image is what its digest says.
func (h *holding) whole(t *testing.T, ref string) {
	t.Helper()
	parsed, err := name.ParseReference(h.addr + "/" + ref)
	if err != nil {
		t.Fatal(err)
	}
	img, err := remote.Image(parsed, remote.WithContext(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	layers, err := img.Layers()
	if err != nil {
		t.Fatal(err)
	}
	var large int64
	for _, layer := range layers {
		body, err := layer.Compressed()
		if err != nil {
			t.Fatal(err)
		}
		_, n, err := v1.SHA256(body) // the client of this package checks it against the digest
		_ = body.Close()
		if err != nil {
			t.Error(err)
		}
		large = max(large, n)
	}
	if large < heavy {
		t.Errorf("the largest of %d layers has %d bytes", len(layers), large)
	}
}
