package registry_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/stream"

	"github.com/retort-ci/retort/pkg/progress"
	"github.com/retort-ci/retort/pkg/registry"
)

// growing is a layer of which a part can be read, and the rest when it is made.
type growing struct {
	v1.Layer
	content []byte
	part    int
	made    chan struct{}
	finish  func()
	begin   func(ctx context.Context) error
	failed  error         // why it is never made whole
	unread  *atomic.Int32 // how often its digest is said to be unknown, though it is made
}

func grow(t *testing.T, size int64) *growing {
	t.Helper()
	whole := noise(size)
	body, err := whole.Compressed()
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	g := &growing{Layer: whole, content: content, part: len(content) / 2, made: make(chan struct{}), unread: &atomic.Int32{}}
	g.finish = sync.OnceFunc(func() { close(g.made) })
	return g
}

func (g *growing) Key() string {
	id, _ := g.Layer.DiffID() // never fails
	return "as it was made, " + id.String()
}

// Begun is at once, but where the test says when.
func (g *growing) Begun(ctx context.Context) error {
	if g.begin == nil {
		return nil
	}
	return g.begin(ctx)
}

func (g *growing) Made(ctx context.Context) error {
	select {
	case <-g.made:
		return g.failed
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (g *growing) computed() error {
	select {
	case <-g.made:
		return g.failed
	default:
		return stream.ErrNotComputed
	}
}

func (g *growing) Digest() (v1.Hash, error) {
	if g.unread.Add(-1) >= 0 {
		return v1.Hash{}, stream.ErrNotComputed
	}
	if err := g.computed(); err != nil {
		return v1.Hash{}, err
	}
	return g.Layer.Digest()
}

func (g *growing) Size() (int64, error) {
	if err := g.computed(); err != nil {
		return 0, err
	}
	return g.Layer.Size()
}

func (g *growing) Compressed() (io.ReadCloser, error) {
	return io.NopCloser(io.MultiReader(bytes.NewReader(g.content[:g.part]), &awaiting{g: g})), nil
}

// awaiting reads the second part when it is there.
type awaiting struct {
	g    *growing
	rest io.Reader
}

func (a *awaiting) Read(p []byte) (int, error) {
	if a.rest == nil {
		if <-a.g.made; a.g.failed != nil {
			return 0, a.g.failed
		}
		a.rest = bytes.NewReader(a.g.content[a.g.part:])
	}
	return a.rest.Read(p)
}

// image is what the layer is a part of.
func (g *growing) image(t *testing.T) v1.Image {
	t.Helper()
	img, err := mutate.AppendLayers(empty.Image, g)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// finishWhenSent makes the rest when each of the wires is being sent the layer,
// so that nobody has waited for its end.
func (g *growing) finishWhenSent(wires ...*wire) (uploads *atomic.Int32) {
	uploads = &atomic.Int32{}
	for _, w := range wires {
		w.intercept(func(_ http.ResponseWriter, r *http.Request, _ http.Handler) bool {
			if r.Method == http.MethodPatch && int(uploads.Add(1)) == len(wires) {
				g.finish()
			}
			return false
		})
	}
	return uploads
}

// One layer goes to several repositories and registries at once while it is
// made, and once to each registry. The push that follows sends no layer.
func TestDepositWhileTheLayerIsMade(t *testing.T) {
	w, other := embedded(t), embedded(t)
	g := grow(t, 3<<20)
	uploads := g.finishWhenSent(w, other)
	refs := []string{w.addr + "/shop/orders:1", w.addr + "/prod/orders:1", w.addr + "/shop/orders:2", other.addr + "/shop/orders:1"}
	c := client(t)
	if err := c.Deposit(t.Context(), g, refs...); err != nil {
		t.Fatal(err)
	}
	if n := uploads.Load(); n != 2 {
		t.Errorf("the layer was sent %d times to two registries", n)
	}
	if _, err := c.Push(t.Context(), g.image(t), refs...); err != nil {
		t.Fatal(err)
	}
	if n := uploads.Load(); n != 2 {
		t.Errorf("with the push the layer was sent %d times", n)
	}
	for _, where := range []struct {
		*wire
		repository string
	}{{w, "shop/orders"}, {w, "prod/orders"}, {other, "shop/orders"}} {
		stored(t, where.wire, where.repository, g.image(t))
	}
}

// Two images that share a layer send it once.
func TestTheSameLayerOfTwoImages(t *testing.T) {
	w := embedded(t)
	one, two := grow(t, 3<<20), &growing{}
	*two = *one
	uploads := one.finishWhenSent(w)
	c := client(t)
	failures := make(chan error, 2)
	go func() { failures <- c.Deposit(t.Context(), one, w.addr+"/shop/orders:1") }()
	go func() { failures <- c.Deposit(t.Context(), two, w.addr+"/shop/billing:1") }()
	if err := errors.Join(<-failures, <-failures); err != nil {
		t.Fatal(err)
	}
	if n := uploads.Load(); n != 1 {
		t.Errorf("it was sent %d times", n)
	}
	stored(t, w, "shop/orders", one.image(t))
	stored(t, w, "shop/billing", one.image(t))
}

// A layer that turns out to be there already is not sent to its end.
func TestDepositOfWhatIsThere(t *testing.T) {
	w := embedded(t)
	g := grow(t, 3<<20)
	g.finish()
	if _, err := client(t).Push(t.Context(), g.image(t), w.addr+"/shop/orders:1"); err != nil {
		t.Fatal(err)
	}
	again := *g
	again.made = make(chan struct{})
	again.finish = sync.OnceFunc(func() { close(again.made) })
	w.forget()
	w.intercept(func(_ http.ResponseWriter, r *http.Request, _ http.Handler) bool {
		if r.Method != http.MethodPatch {
			return false
		}
		again.finish()
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done() // a wire that is slow: the answer never comes
		panic(http.ErrAbortHandler)
	})
	dir, events := t.TempDir(), &recorder{}
	c := clientWith(t, registry.Options{CacheDir: dir, Progress: events})
	if err := c.Deposit(t.Context(), &again, w.addr+"/shop/orders:2"); err != nil {
		t.Fatal(err)
	}
	if all := committed(w); len(all) > 0 || events.ended(progress.Skipped) != 1 {
		t.Errorf("committed: %v, told: %+v", all, events.of(progress.TaskEnd))
	}
	if left, err := filepath.Glob(filepath.Join(dir, "uploads", "*")); err != nil || len(left) != 0 {
		t.Errorf("the journal stays: %v, %v", left, err)
	}
}

// A registry that mounts nothing is sent the layer for each repository.
func TestDepositWithoutMount(t *testing.T) {
	w := embedded(t)
	g := grow(t, 3<<20)
	var uploads atomic.Int32
	w.intercept(func(_ http.ResponseWriter, r *http.Request, _ http.Handler) bool {
		if r.Method == http.MethodPatch || r.Method == http.MethodPut && r.ContentLength > 0 {
			uploads.Add(1)
			g.finish()
		}
		r.URL.RawQuery = strings.ReplaceAll(r.URL.RawQuery, "mount=", "ignored=")
		return false
	})
	if err := client(t).Deposit(t.Context(), g, w.addr+"/shop/orders:1", w.addr+"/prod/orders:1"); err != nil {
		t.Fatal(err)
	}
	if n := uploads.Load(); n != 2 {
		t.Errorf("the layer was sent %d times to two repositories", n)
	}
	stored(t, w, "shop/orders", g.image(t))
	stored(t, w, "prod/orders", g.image(t))
}

// The digest may come to be known at any moment: after the first question here,
// after the second there.
func TestALayerThatIsMadeMeanwhile(t *testing.T) {
	for _, size := range []int64{1 << 10, 3 << 20, 9 << 20} {
		for unread := range int32(4) {
			t.Run(fmt.Sprintf("%d, %d times unread", size, unread), func(t *testing.T) {
				w := embedded(t)
				g := grow(t, size)
				g.finish()
				g.unread.Store(unread)
				if err := client(t).Deposit(t.Context(), g, w.addr+"/shop/orders:1"); err != nil {
					t.Fatal(err)
				}
				g.unread.Store(0)
				stored(t, w, "shop/orders", g.image(t))
			})
		}
	}
}

// A layer that cannot be made whole never becomes a blob.
func TestALayerThatIsNotMade(t *testing.T) {
	w := embedded(t)
	g := grow(t, 3<<20)
	g.failed = errors.New("no space left on device")
	g.finishWhenSent(w)
	err := client(t).Deposit(t.Context(), g, w.addr+"/shop/orders:1", w.addr+"/prod/orders:1")
	if !errors.Is(err, g.failed) {
		t.Errorf("error is %v", err)
	}
	if all := committed(w); len(all) > 0 {
		t.Errorf("committed: %v", all)
	}
}

// Where the connection breaks while the layer is made, or the process is
// killed, the upload goes on from there.
func TestDepositGoesOn(t *testing.T) {
	for name, killed := range map[string]bool{"in the process": false, "in the next": true} {
		t.Run(name, func(t *testing.T) {
			w := embedded(t)
			g := grow(t, 9<<20)
			cut := cutUploads(1, -1, 1<<20)
			var sent atomic.Int64
			w.intercept(func(rw http.ResponseWriter, r *http.Request, next http.Handler) bool {
				if r.Method != http.MethodPatch && r.Method != http.MethodPut {
					return false
				}
				defer g.finish()
				r.Body = &counted{r.Body, &sent}
				return r.Method == http.MethodPatch && cut(rw, r, next)
			})
			events := &recorder{}
			opts := registry.Options{CacheDir: t.TempDir(), Progress: events}
			if killed {
				opts.RetryFor = -1
			}
			err := clientWith(t, opts).Deposit(t.Context(), g, w.addr+"/shop/orders:1")
			if killed == (err == nil) {
				t.Fatalf("error is %v", err)
			}
			if killed {
				again := *g
				again.made = make(chan struct{})
				again.finish = sync.OnceFunc(func() { close(again.made) })
				go again.finish()
				opts.RetryFor = 0
				if err := clientWith(t, opts).Deposit(t.Context(), &again, w.addr+"/shop/orders:1"); err != nil {
					t.Fatal(err)
				}
			}
			stored(t, w, "shop/orders", g.image(t))
			if n := sent.Load(); n > int64(len(g.content))+1<<20 {
				t.Errorf("%d bytes were sent of %d", n, len(g.content))
			}
			if !tells(events, progress.Note, "goes on after") {
				t.Errorf("told: %+v", events.of(progress.Note))
			}
		})
	}
}

// counted counts what the registry reads.
type counted struct {
	io.ReadCloser
	n *atomic.Int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.n.Add(int64(n))
	return n, err
}

func TestDepositOfWhatCannotBe(t *testing.T) {
	err := client(t).Deposit(t.Context(), grow(t, 16), "Not::One")
	if !errors.Is(err, registry.ErrReference) || !strings.Contains(err.Error(), "Not::One") {
		t.Errorf("error is %v", err)
	}
}

// A layer that waits for its turn is not begun to be sent: a registry would wait
// for a body without a byte, and a proxy before it would not.
func TestDepositOfALayerThatWaits(t *testing.T) {
	w := embedded(t)
	g := grow(t, 3<<20)
	g.finish()
	g.begin = func(context.Context) error {
		if asked := w.seen(""); len(asked) > 0 {
			t.Errorf("before its first byte there were %q", asked)
		}
		return nil
	}
	if err := client(t).Deposit(t.Context(), g, w.addr+"/shop/orders:1"); err != nil {
		t.Fatal(err)
	}
	if len(w.seen("")) == 0 {
		t.Error("it was not sent")
	}
	failed := errors.New("no more")
	g.begin = func(context.Context) error { return failed }
	if err := client(t).Deposit(t.Context(), g, w.addr+"/shop/other:1"); !errors.Is(err, failed) {
		t.Errorf("got %v", err)
	}
}
