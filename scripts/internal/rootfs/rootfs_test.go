package rootfs_test

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/validate"

	"github.com/retort-ci/retort/scripts/internal/rootfs"
)

// host writes files below a new directory; a name that ends in "*" is executable.
func host(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		mode := fs.FileMode(0o600)
		if plain, ok := strings.CutSuffix(name, "*"); ok {
			name, mode = plain, 0o700
		}
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), mode); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func pack(t *testing.T, tree *rootfs.Tree) v1.Layer {
	t.Helper()
	layer, err := tree.Layer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return layer
}

// list reads the layer back, a line for each entry.
func list(t *testing.T, layer v1.Layer) []string {
	t.Helper()
	r, err := layer.Uncompressed()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var lines []string
	for archive := tar.NewReader(r); ; {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return lines
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(archive)
		if err != nil {
			t.Fatal(err)
		}
		if h.Uid != 0 || h.Gid != 0 || !h.ModTime.Equal(time.Unix(0, 0)) {
			t.Errorf("%s belongs to %d:%d and is of %s", h.Name, h.Uid, h.Gid, h.ModTime)
		}
		lines = append(lines, fmt.Sprintf("%c %04o %s %s%s", h.Typeflag, h.Mode, h.Name, h.Linkname, content))
	}
}

func TestLayer(t *testing.T) {
	dir := host(t, map[string]string{"tool*": "run me", "src/a.go": "package a", "src/a_test.go": "", "src/testdata/x": ""})
	tree := new(rootfs.Tree)
	tree.Dir("/tmp", 0o777|fs.ModeSticky)
	tree.Data("/etc/passwd", 0o644, []byte("root"))
	tree.Symlink("/bin/sh", "busybox")
	if err := tree.File("/bin/busybox", filepath.Join(dir, "tool")); err != nil {
		t.Fatal(err)
	}
	err := tree.Copy("/go/src", filepath.Join(dir, "src"), func(rel string, dir bool) bool {
		return rel != "a_test.go" && (!dir || rel != "testdata")
	})
	if err != nil {
		t.Fatal(err)
	}
	layer := pack(t, tree)
	if err := validate.Layer(layer); err != nil {
		t.Error(err)
	}
	want := []string{
		"5 0755 bin/ ", "0 0755 bin/busybox run me", "2 0777 bin/sh busybox",
		"5 0755 etc/ ", "0 0644 etc/passwd root",
		"5 0755 go/ ", "5 0755 go/src/ ", "0 0644 go/src/a.go package a",
		"5 1777 tmp/ ",
	}
	if got := list(t, layer); !slices.Equal(got, want) {
		t.Errorf("the layer holds\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// The same files give the same digest, wherever and whenever they were made.
func TestLayerIsReproducible(t *testing.T) {
	var digests [2]v1.Hash
	for i := range digests {
		dir := host(t, map[string]string{"a": "1", "b/c*": "2"})
		if err := os.Chtimes(filepath.Join(dir, "a"), time.Time{}, time.Unix(int64(1e9*i), 0)); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(filepath.Join(dir, "a"), 0o600|fs.FileMode(i*0o44)); err != nil {
			t.Fatal(err)
		}
		tree := new(rootfs.Tree)
		if err := tree.Copy("/", dir, nil); err != nil {
			t.Fatal(err)
		}
		digest, err := pack(t, tree).Digest()
		if err != nil {
			t.Fatal(err)
		}
		digests[i] = digest
	}
	if digests[0] != digests[1] {
		t.Errorf("the same files gave %s and %s", digests[0], digests[1])
	}
}

// Debian keeps parts of the toolchain elsewhere and links to them.
func TestCopyFollowsLinks(t *testing.T) {
	outside := host(t, map[string]string{"fmt/print.go": "package fmt"})
	dir := t.TempDir()
	if err := os.Symlink(outside, filepath.Join(dir, "src")); err != nil {
		t.Fatal(err)
	}
	tree := new(rootfs.Tree)
	if err := tree.Copy("/go", dir, nil); err != nil {
		t.Fatal(err)
	}
	if got := list(t, pack(t, tree)); !slices.Contains(got, "0 0644 go/src/fmt/print.go package fmt") {
		t.Errorf("the layer holds %q, want go/src/fmt/print.go", got)
	}
}

func TestErrors(t *testing.T) {
	dir := host(t, map[string]string{"a": "short", "sub/x": ""})
	tree := new(rootfs.Tree)
	if err := tree.File("/a", filepath.Join(dir, "absent")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("File of an absent file = %v", err)
	}
	if err := tree.File("/a", filepath.Join(dir, "sub")); err == nil {
		t.Error("File of a directory succeeded")
	}
	if err := tree.Copy("/a", filepath.Join(dir, "absent"), nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Copy of an absent directory = %v", err)
	}
	if err := tree.File("/a", filepath.Join(dir, "a")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "a"), []byte("now longer"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := tree.Layer(t.Context()); err == nil {
		t.Error("a file that grew while it was packed went unnoticed")
	}
}
