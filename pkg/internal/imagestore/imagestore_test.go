package imagestore_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/errdefs"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/internal/imagestore"
)

func open(t *testing.T, dir string, fetch imagestore.Fetch) *imagestore.Store {
	t.Helper()
	s, err := imagestore.Open(t.Context(), dir, imagestore.Options{Fetch: fetch})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func put(t *testing.T, s content.Ingester, mediaType string, raw []byte) ocispecs.Descriptor {
	t.Helper()
	desc := ocispecs.Descriptor{MediaType: mediaType, Digest: digest.FromBytes(raw), Size: int64(len(raw))}
	if err := content.WriteBlob(t.Context(), s, "test-"+desc.Digest.String(), bytes.NewReader(raw), desc); err != nil {
		t.Fatal(err)
	}
	return desc
}

// putImage stores an image of one layer and gives the descriptors of both.
func putImage(t *testing.T, s *imagestore.Store, layer string, names ...string) (image, blob ocispecs.Descriptor) {
	t.Helper()
	blob = put(t, s, ocispecs.MediaTypeImageLayer, []byte(layer))
	manifest, err := json.Marshal(ocispecs.Manifest{
		Config: put(t, s, ocispecs.MediaTypeImageConfig, []byte(`{"of":"`+layer[:1]+`"}`)), Layers: []ocispecs.Descriptor{blob},
	})
	if err != nil {
		t.Fatal(err)
	}
	image = put(t, s, ocispecs.MediaTypeImageManifest, manifest)
	if err := s.Keep(image, names...); err != nil {
		t.Fatal(err)
	}
	return image, blob
}

func TestNames(t *testing.T) {
	s := open(t, t.TempDir(), nil)
	first, _ := putImage(t, s, "first", "example.com/app:1", "example.com/app:2")
	other, _ := putImage(t, s, "other", "example.com/app:2", "example.com/app@"+strings.Repeat("x", 3))
	for name, want := range map[string]digest.Digest{"example.com/app:1": first.Digest, "example.com/app:2": other.Digest} {
		if got, err := s.Named(name); err != nil || got.Digest != want {
			t.Errorf("%s is %s, %v; want %s", name, got.Digest, err, want)
		}
	}
	tags, digests, err := s.NamesOf(other.Digest)
	if err != nil || !slices.Equal(tags, []string{"example.com/app:2"}) || len(digests) != 1 {
		t.Errorf("the other is called %q and %q, %v", tags, digests, err)
	}
	if err := s.Forget(other.Digest); err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{second(s.Named("example.com/app:2")), second(s.Image(other.Digest)), second(s.Named("no")), second(s.Image("no"))} {
		if !errors.Is(err, engine.ErrImageNotFound) {
			t.Errorf("gave %v, want ErrImageNotFound", err)
		}
	}
}

func second(_ ocispecs.Descriptor, err error) error { return err }

// What is used last stays, and what belongs to no image goes.
func TestCollect(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, nil)
	old, oldLayer := putImage(t, s, strings.Repeat("a", 10_000), "old:1")
	used, usedLayer := putImage(t, s, strings.Repeat("b", 10_000), "used:1")
	loose := put(t, s, ocispecs.MediaTypeImageLayer, []byte("of no image"))
	begun, err := s.Writer(t.Context(), content.WithRef("begun"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := begun.Write([]byte("half")); err != nil {
		t.Fatal(err)
	}
	touch(t, dir, old.Digest, 2)
	touch(t, dir, used.Digest, 1)

	// While the store is open it is left alone.
	for budget, busy := range map[int64]bool{1: true, 1e9: false} {
		done, err := imagestore.Collect(t.Context(), dir, imagestore.Limits{Budget: budget, Wait: time.Millisecond})
		if err != nil || done != (imagestore.Collected{Busy: busy}) {
			t.Fatalf("collected %+v, %v from a store that is open", done, err)
		}
	}
	if err := errors.Join(begun.Close(), s.Close()); err != nil {
		t.Fatal(err)
	}
	done, err := imagestore.Collect(t.Context(), dir, imagestore.Limits{Budget: 12_000})
	if err != nil || done.Images != 1 || done.Bytes < 10_000 {
		t.Fatalf("collected %+v, %v; want one image", done, err)
	}
	s = open(t, dir, nil)
	if _, err := s.Named("old:1"); !errors.Is(err, engine.ErrImageNotFound) {
		t.Errorf("the old image: %v", err)
	}
	if _, err := s.Named("used:1"); err != nil {
		t.Error(err)
	}
	for blob, there := range map[digest.Digest]bool{oldLayer.Digest: false, loose.Digest: false, usedLayer.Digest: true} {
		if _, err := s.Info(t.Context(), blob); (err == nil) != there {
			t.Errorf("%s: %v, want it there: %v", blob, err, there)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "ingest")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("what was begun is left: %v", err)
	}
}

// What was used in the last day stays, or since whoever collects has begun, however
// small the budget; and a budget that is exceeded is waited for.
func TestCollectKeepsWhatIsRecent(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, nil)
	old, _ := putImage(t, s, strings.Repeat("a", 1000), "old:1")
	used, _ := putImage(t, s, strings.Repeat("b", 1000), "used:1")
	putImage(t, s, strings.Repeat("c", 1000), "new:1")
	touch(t, dir, old.Digest, 5)
	touch(t, dir, used.Digest, 3)
	var wg sync.WaitGroup
	wg.Go(func() {
		done, err := imagestore.Collect(t.Context(), dir, imagestore.Limits{
			Budget: 1, Since: time.Now().Add(-4 * 24 * time.Hour), Wait: time.Minute,
		})
		if err != nil || done.Images != 1 || done.Busy {
			t.Errorf("collected %+v, %v; want one image", done, err)
		}
	})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	s = open(t, dir, nil)
	for name, there := range map[string]bool{"old:1": false, "used:1": true, "new:1": true} {
		if _, err := s.Named(name); (err == nil) != there {
			t.Errorf("%s: %v, want it there: %v", name, err, there)
		}
	}
}

// touch sets when an image was used, in days ago.
func touch(t *testing.T, dir string, image digest.Digest, days int) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), "touch", "-d", string(rune('0'+days))+" days ago",
		filepath.Join(dir, "images", "sha256-"+image.Encoded())).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

// A blob that is elsewhere is fetched once, when it is read.
func TestElsewhere(t *testing.T) {
	raw := []byte("far away")
	blob := ocispecs.Descriptor{MediaType: ocispecs.MediaTypeImageLayer, Digest: digest.FromBytes(raw), Size: int64(len(raw))}
	var mu sync.Mutex
	fetched, answer := 0, []byte("damaged!")
	s := open(t, t.TempDir(), func(_ context.Context, repository string, of digest.Digest) (io.ReadCloser, error) {
		mu.Lock()
		defer mu.Unlock()
		fetched++
		if repository != "example.com/app" || of != blob.Digest {
			t.Errorf("fetched %s of %s", of, repository)
		}
		return io.NopCloser(bytes.NewReader(answer)), nil
	})
	if _, err := s.Info(t.Context(), blob.Digest); !errdefs.IsNotFound(err) {
		t.Errorf("before it is known: %v", err)
	}
	if err := s.Elsewhere("example.com/app", blob); err != nil {
		t.Fatal(err)
	}
	if info, err := s.Info(t.Context(), blob.Digest); err != nil || info.Size != blob.Size || s.From(blob.Digest) != "example.com/app" {
		t.Errorf("told %+v, %v", info, err)
	}
	if _, err := content.ReadBlob(t.Context(), s, blob); err == nil {
		t.Error("a damaged blob was taken")
	}
	answer = raw
	fetched = 0
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if got, err := content.ReadBlob(t.Context(), s, blob); err != nil || !bytes.Equal(got, raw) {
				t.Errorf("read %q, %v", got, err)
			}
		})
	}
	wg.Wait()
	if fetched != 1 {
		t.Errorf("fetched %d times", fetched)
	}
}

// Two stores on one directory write one blob at the same time.
func TestTogether(t *testing.T) {
	dir, raw := t.TempDir(), bytes.Repeat([]byte("x"), 100_000)
	desc := ocispecs.Descriptor{Digest: digest.FromBytes(raw), Size: int64(len(raw))}
	var writers []content.Writer
	for range 2 {
		w, err := open(t, dir, nil).Writer(t.Context(), content.WithRef("same"), content.WithDescriptor(desc))
		if err != nil {
			t.Fatal(err)
		}
		writers = append(writers, w)
	}
	for half := range 2 {
		for _, w := range writers {
			if _, err := w.Write(raw[half*50_000:][:50_000]); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, w := range writers {
		if err := w.Commit(t.Context(), desc.Size, desc.Digest); err != nil && !errdefs.IsAlreadyExists(err) {
			t.Error(err)
		}
		_ = w.Close()
	}
	if got, err := content.ReadBlob(t.Context(), open(t, dir, nil), desc); err != nil || !bytes.Equal(got, raw) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

func TestUnusable(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := imagestore.Open(t.Context(), filepath.Join(file, "below"), imagestore.Options{}); fault.SideOf(err) != fault.Usage || fault.HintOf(err) == "" {
		t.Errorf("%v, want a usage fault with a hint", err)
	}
}
