package serve

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestOnlyAbandonedUploadsArePurged(t *testing.T) {
	dir, now := t.TempDir(), time.Now()
	old, fresh := now.Add(-2*uploadAge), now.Add(-uploadAge/2)
	keep := func(name string, at time.Time) string {
		path := filepath.Join(repositories(dir), name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, p := range []string{path, filepath.Dir(path)} {
			if err := os.Chtimes(p, at, at); err != nil {
				t.Fatal(err)
			}
		}
		return path
	}
	abandoned := keep("team/app/_uploads/a/data", old)
	underway := keep("team/app/_uploads/b/data", fresh)
	layer := keep("team/app/_layers/sha256/c/link", old)
	resumed := keep("team/app/_uploads/d/startedat", old)
	keep("team/app/_uploads/d/data", fresh)

	if err := purgeUploads(t.Context(), dir, now.Add(-uploadAge)); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Dir(abandoned)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the abandoned upload is still there: %v", err)
	}
	for _, path := range []string{underway, layer, resumed} {
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
	}
}

func TestPurgeOfAnEmptyDirectory(t *testing.T) {
	if err := purgeUploads(t.Context(), t.TempDir(), time.Now()); err != nil {
		t.Error(err)
	}
}
