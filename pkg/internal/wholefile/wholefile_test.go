package wholefile_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/retort-ci/retort/pkg/internal/wholefile"
)

// The new content takes the old one's place, with its mode, and nothing is left
// beside it, also of a write that fails.
func TestWrite(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	for text, write := range map[string]func(string, []byte, fs.FileMode) error{"plain": wholefile.Write, "synced": wholefile.WriteSynced} {
		if err := write(path, []byte(text), 0o640); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path)
		if info, statErr := os.Stat(path); err != nil || statErr != nil || string(got) != text || info.Mode() != 0o640 {
			t.Errorf("%s: %q, %v, %v", text, got, err, statErr)
		}
	}
	if err := wholefile.Write(dir, []byte("x"), 0o600); err == nil {
		t.Error("a directory was written over")
	}
	if err := wholefile.Write(filepath.Join(dir, "missing", "file"), []byte("x"), 0o600); err == nil {
		t.Error("a file was written into no directory")
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("left are %v, %v", left, err)
	}
}
