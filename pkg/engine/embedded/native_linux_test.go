package embedded_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/engine/embedded"
	"github.com/retort-ci/retort/pkg/engine/enginetest"
)

// withoutOverlay is a directory of a file system on which no overlay can be made: an
// overlay (the kernel refuses one as another's upper directory), as within a
// container of Docker.
func withoutOverlay(t *testing.T) string {
	t.Helper()
	dir, merged := t.TempDir(), t.TempDir()
	var failed error
	for _, name := range []string{"lower", "upper", "work"} {
		failed = errors.Join(failed, os.Mkdir(filepath.Join(dir, name), 0o755))
	}
	failed = errors.Join(failed, syscall.Mount("overlay", merged, "overlay", 0,
		"lowerdir="+dir+"/lower,upperdir="+dir+"/upper,workdir="+dir+"/work"))
	if failed != nil {
		t.Fatal(failed)
	}
	t.Cleanup(func() { // a process that another test starts just now has our files for a moment
		if err := syscall.Unmount(merged, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return filepath.Join(merged, "state")
}

// Where there is no overlay, layers are copies: slower, and the same digests.
func TestNative(t *testing.T) {
	t.Parallel()
	state := withoutOverlay(t)
	e := open(t, embedded.Options{StateDir: state})
	what, err := e.Describe(t.Context())
	if err != nil || !strings.Contains(what, "native") {
		t.Errorf("it is %q, %v", what, err)
	}
	sameDigests(t, map[string]exporter{"native": e, "overlay": open(t, embedded.Options{})})
	enginetest.Run(t, func(*testing.T) engine.Builder { return kept{e, state} }, "Shared", "Export", "Files", "CopyFrom")
}
