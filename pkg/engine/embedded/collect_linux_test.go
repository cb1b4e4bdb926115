package embedded

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/engine"
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

// What no image has goes with the close, down to the budget; a young image stays,
// an old one gives way.
func TestCollect(t *testing.T) {
	t.Parallel()
	state := t.TempDir()
	spec := engine.BuildSpec{Context: probe.Context(t, `FROM scratch AS large
COPY probe big /
FROM scratch
COPY --from=large /probe /probe
`, map[string]string{"big": string(make([]byte, big))})}
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
