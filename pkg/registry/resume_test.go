package registry_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/retort-ci/retort/pkg/progress"
	"github.com/retort-ci/retort/pkg/registry"
)

// An upload that is cut goes on where the registry says, wherever it was cut.
func TestUploadGoesOnAfterACut(t *testing.T) {
	t.Parallel()
	for _, size := range []int64{100 << 10, 9 << 20} {
		img := single(t, size)
		whole := layerSize(t, img)
		for _, after := range []int64{0, 1, 4095, whole / 2, whole - 1, whole} {
			t.Run(fmt.Sprintf("%d of %d", after, whole), func(t *testing.T) {
				t.Parallel()
				w := embedded(t)
				events := &recorder{}
				w.intercept(cutUploads(1, size, after))
				c := clientWith(t, registry.Options{Progress: events})
				if _, err := c.Push(t.Context(), img, w.addr+"/shop/orders:1"); err != nil {
					t.Fatal(err)
				}
				stored(t, w, "shop/orders", img)
				if after > 1 && after < whole && !tells(events, progress.Note, "goes on after") {
					t.Errorf("it is not told that it went on: %+v", events.of(progress.Note))
				}
				if len(events.of(progress.Warning)) == 0 {
					t.Error("the failure is not told")
				}
			})
		}
	}
}

// tells says whether an event of the kind has the words.
func tells(events *recorder, kind progress.Kind, words string) bool {
	for _, e := range events.of(kind) {
		if strings.Contains(e.Text, words) {
			return true
		}
	}
	return false
}

func TestDownloadGoesOnAfterACut(t *testing.T) {
	t.Parallel()
	for _, after := range []int{0, 1, 4095, 1 << 20, 3<<20 - 1} {
		t.Run(fmt.Sprint(after), func(t *testing.T) {
			t.Parallel()
			w, other := embedded(t), embedded(t)
			c := client(t)
			img := single(t, 3<<20)
			if _, err := c.Push(t.Context(), img, w.addr+"/shop/orders:1"); err != nil {
				t.Fatal(err)
			}
			w.intercept(cutDownloads(3, after))
			if _, err := c.Copy(t.Context(), w.addr+"/shop/orders:1", other.addr+"/prod/orders:1"); err != nil {
				t.Fatal(err)
			}
			stored(t, other, "prod/orders", img)
		})
	}
}

// killed pushes with a client that is cut in the middle of the layer and does
// not try again: to the registry and the journal it is as if it were killed.
func killed(t *testing.T, w *wire, dir string, img v1.Image) {
	t.Helper()
	w.intercept(cutUploads(1, 1<<20, layerSize(t, img)/2))
	c := clientWith(t, registry.Options{CacheDir: dir, RetryFor: -1})
	if _, err := c.Push(t.Context(), img, w.addr+"/shop/orders:1"); err == nil {
		t.Fatal("it was not cut")
	}
}

// The next process goes on where the one before was killed.
func TestUploadGoesOnInTheNextProcess(t *testing.T) {
	w := embedded(t)
	dir := t.TempDir()
	img := single(t, 9<<20)
	whole := layerSize(t, img)
	killed(t, w, dir, img)

	var sent atomic.Int64
	w.intercept(func(_ http.ResponseWriter, r *http.Request, _ http.Handler) bool {
		if r.ContentLength > 1<<20 {
			sent.Add(r.ContentLength)
		}
		return false
	})
	events := &recorder{}
	next := clientWith(t, registry.Options{CacheDir: dir, Progress: events})
	if _, err := next.Push(t.Context(), img, w.addr+"/shop/orders:1"); err != nil {
		t.Fatal(err)
	}
	stored(t, w, "shop/orders", img)
	if got := sent.Load(); got == 0 || got > whole-whole/2+1 {
		t.Errorf("%d of %d bytes were sent", got, whole)
	}
	if !tells(events, progress.Note, "goes on after") {
		t.Errorf("told: %+v", events.of(progress.Note))
	}
	if left, err := filepath.Glob(filepath.Join(dir, "uploads", "*")); err != nil || len(left) != 0 {
		t.Errorf("the journal stays: %v, %v", left, err)
	}
}

// A journal that is wrong costs time, never the push.
func TestAJournalThatIsWrong(t *testing.T) {
	for what, spoil := range map[string]func(t *testing.T, w *wire, path string){
		"not readable": func(t *testing.T, _ *wire, path string) { write(t, path, "{") },
		"forgotten": func(t *testing.T, _ *wire, path string) {
			rewrite(t, path, `/uploads/`, `/uploads/00000000-0000-4000-8000-00000000`)
		},
		"elsewhere": func(t *testing.T, _ *wire, path string) { rewrite(t, path, `/v2/shop/orders/`, `/v2/shop/other/`) },
	} {
		t.Run(what, func(t *testing.T) {
			w := embedded(t)
			dir := t.TempDir()
			img := single(t, 9<<20)
			killed(t, w, dir, img)
			kept, err := filepath.Glob(filepath.Join(dir, "uploads", "*.json"))
			if err != nil || len(kept) != 1 {
				t.Fatal(kept, err)
			}
			spoil(t, w, kept[0])
			w.intercept(nil)
			if _, err := clientWith(t, registry.Options{CacheDir: dir}).Push(t.Context(), img, w.addr+"/shop/orders:1"); err != nil {
				t.Fatal(err)
			}
			stored(t, w, "shop/orders", img)
		})
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func rewrite(t *testing.T, path, old, other string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, strings.Replace(string(text), old, other, 1))
}

// A registry that is wrong about what it has never gets a wrong blob.
func TestARegistryThatLiesAboutItsOffset(t *testing.T) {
	for what, lie := range map[string]string{"more": "0-9000000", "all": "0-13000000", "beyond": "0-99999999", "less": "0-99", "nonsense": "x"} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			w := embedded(t)
			img := single(t, 9<<20)
			cut := cutUploads(1, 1<<20, 4<<20)
			w.intercept(func(rw http.ResponseWriter, r *http.Request, next http.Handler) bool {
				if r.Method == http.MethodGet && strings.Contains(r.URL.Path, "/blobs/uploads/") {
					next.ServeHTTP(&setHeader{rw, "Range", lie}, r)
					return true
				}
				return cut(rw, r, next)
			})
			if _, err := client(t).Push(t.Context(), img, w.addr+"/shop/orders:1"); err != nil {
				t.Fatal(err)
			}
			stored(t, w, "shop/orders", img)
		})
	}
}

type setHeader struct {
	http.ResponseWriter
	name, value string
}

func (s *setHeader) WriteHeader(code int) {
	s.Header().Set(s.name, s.value)
	s.ResponseWriter.WriteHeader(code)
}

// A registry that forgets an upload has it begun anew, and it is told.
func TestAForgottenUploadBeginsAnew(t *testing.T) {
	w := embedded(t)
	img := single(t, 2<<20)
	cut := cutUploads(1, 1<<20, 1<<20)
	w.intercept(func(rw http.ResponseWriter, r *http.Request, next http.Handler) bool {
		if r.Method == http.MethodGet && strings.Contains(r.URL.Path, "/blobs/uploads/") {
			rw.WriteHeader(http.StatusNotFound)
			return true
		}
		return cut(rw, r, next)
	})
	events := &recorder{}
	if _, err := clientWith(t, registry.Options{Progress: events}).Push(t.Context(), img, w.addr+"/shop/orders:1"); err != nil {
		t.Fatal(err)
	}
	stored(t, w, "shop/orders", img)
	if !tells(events, progress.Note, "forgotten") {
		t.Errorf("told: %+v", events.of(progress.Note))
	}
}

// A commit whose answer is lost is found to have been made.
func TestALostAnswerToACommit(t *testing.T) {
	w := embedded(t)
	img := single(t, 64<<10)
	var lost atomic.Bool
	w.intercept(func(_ http.ResponseWriter, r *http.Request, next http.Handler) bool {
		if r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/blobs/uploads/") && lost.CompareAndSwap(false, true) {
			next.ServeHTTP(nowhere{http.Header{}}, r)
			panic(http.ErrAbortHandler)
		}
		return false
	})
	if _, err := client(t).Push(t.Context(), img, w.addr+"/shop/orders:1"); err != nil {
		t.Fatal(err)
	}
	if all := committed(w); len(all) != 2 {
		t.Errorf("layer and config are two blobs: %v", all)
	}
	stored(t, w, "shop/orders", img)
}
