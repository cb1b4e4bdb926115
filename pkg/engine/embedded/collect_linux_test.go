package embedded

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/engine/embedded/internal/state"
	"github.com/retort-ci/retort/pkg/internal/probe"
)

const big = 8 << 20

// size of the files below the directory, in bytes.
func size(t *testing.T, dir string) (sum int64) {
	t.Helper()
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			sum += info.Size()
		}
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return sum
}

func engineFor(t *testing.T, state string, cache int64) *Engine {
	t.Helper()
	e, err := New(Options{StateDir: state, CacheSize: cache})
	if err != nil && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// withLargeStage is an image of the probe that is built upon a stage with a big file.
func withLargeStage(t *testing.T) engine.BuildSpec {
	t.Helper()
	return engine.BuildSpec{Context: probe.Context(t, `FROM scratch AS large
COPY probe big /
FROM scratch
COPY --from=large /probe /probe
`, map[string]string{"big": string(make([]byte, big))})}
}

// What no image has goes with the close, down to the budget; a young image stays,
// an old one gives way.
func TestCollect(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	spec := withLargeStage(t)
	first := engineFor(t, state, 1<<30)
	built, err := first.Build(t.Context(), spec)
	if err := errors.Join(err, first.Close()); err != nil {
		t.Fatal(err)
	}
	if got := size(t, state); got < big {
		t.Errorf("with room for it the cache has %d bytes", got)
	}
	second := engineFor(t, state, 1)
	if again, err := second.Build(t.Context(), spec); err != nil || again.Cached != again.Steps {
		t.Errorf("%d of %d steps cached, %v", again.Cached, again.Steps, err)
	}
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
	if got := size(t, filepath.Join(state, "slots/0/overlayfs/snapshots")); got >= big {
		t.Errorf("without room the cache has %d bytes", got)
	}
	third := engineFor(t, state, 1)
	defer func() { _ = third.Close() }()
	if _, err := third.InspectImage(t.Context(), built.ID); err != nil {
		t.Errorf("the young image: %v", err)
	}
	o, err := third.open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if n, err := o.letGo(t.Context(), time.Now().Add(time.Minute)); n != 1 || err != nil {
		t.Errorf("%d images let go, %v", n, err)
	}
	if _, err := third.InspectImage(t.Context(), built.ID); !errors.Is(err, engine.ErrImageNotFound) {
		t.Errorf("the old image: %v", err)
	}
}

func TestDefaultCacheSize(t *testing.T) {
	t.Parallel()
	for disk, want := range map[int64]int64{5e9: 5e8, 99e9: 99e8, 101e9: 10e9, 4e12: 10e9} {
		if got := defaultCacheSize(state.Space{Size: disk}); got != want {
			t.Errorf("on a disk of %d bytes it is %d, want %d", disk, got, want)
		}
	}
}

// Where no size is given, it is that of the disk on which the state directory is.
func TestCollectByDefault(t *testing.T) {
	t.Parallel()
	for disk, kept := range map[string]bool{"size=64m": false, "size=512m": true} {
		dir := t.TempDir()
		if err := unix.Mount("tmpfs", dir, "tmpfs", 0, disk); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := unix.Unmount(dir, 0); err != nil {
				t.Error(err)
			}
		})
		e := engineFor(t, filepath.Join(dir, "state"), 0)
		_, err := e.Build(t.Context(), withLargeStage(t))
		if err := errors.Join(err, e.Close()); err != nil {
			t.Error(err)
		}
		if got := size(t, dir); (got >= big) != kept {
			t.Errorf("on a disk of %s the cache has %d bytes", disk, got)
		}
	}
}
