package savedimage

import (
	"os"
	"path/filepath"
	"sync"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/retort-ci/retort/pkg/engine"
)

// A transport may close a body while it is read: HTTP/2 does, in a goroutine of
// its own. Run with -race.
func TestFollowerIsClosedWhileItIsRead(t *testing.T) {
	for range 50 {
		l := newLate(filepath.Join(t.TempDir(), "layer"), v1.Hash{}, engine.Compression{})
		r, err := l.Compressed()
		if err != nil {
			t.Fatal(err)
		}
		writeLayer(t, l)
		var both sync.WaitGroup
		both.Go(func() { _, _ = r.Read(make([]byte, 4)) }) // the bytes, or that it is closed
		both.Go(func() { _ = r.Close() })
		both.Wait()
		if n, err := r.Read(make([]byte, 4)); n > 0 || err == nil {
			t.Fatalf("read %d bytes of what is closed", n)
		}
	}
}

func writeLayer(t *testing.T, l *late) {
	t.Helper()
	out, err := os.Create(l.path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := (grow{late: l, out: out}).Write([]byte("layer")); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
}
