// Package probe gives tests the images they run: a tiny static program of many
// abilities, so that no test needs a base image from anywhere.
//
//	FROM scratch
//	COPY probe /probe
package probe

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"github.com/retort-ci/retort/pkg/engine"
)

// Name is the program's file in a build context.
const Name = "probe"

// Dockerfile makes an image of nothing but the program.
const Dockerfile = "FROM scratch\nCOPY probe /probe\nENTRYPOINT [\"/probe\"]\n"

//go:embed cmd/*.go
var source embed.FS

// compile runs once per process.
var compile = sync.OnceValues(build)

// Build gives the path of the compiled program.
func Build(tb testing.TB) string {
	tb.Helper()
	path, err := compile()
	if err != nil {
		tb.Fatalf("compile the probe: %v", err)
	}
	return path
}

// Compile gives the path of the compiled program where there is no test, as in
// an Example.
func Compile() (string, error) { return compile() }

// Context makes a build context of the program, the Dockerfile (none when
// empty), and further files by their paths.
func Context(tb testing.TB, dockerfile string, files map[string]string) string {
	tb.Helper()
	dir := tb.TempDir()
	program, err := os.ReadFile(Build(tb))
	if err != nil {
		tb.Fatal(err)
	}
	put(tb, filepath.Join(dir, Name), program, 0o755)
	if dockerfile != "" {
		put(tb, filepath.Join(dir, "Dockerfile"), []byte(dockerfile), 0o644)
	}
	for name, text := range files {
		put(tb, filepath.Join(dir, filepath.FromSlash(name)), []byte(text), 0o644)
	}
	return dir
}

func put(tb testing.TB, path string, content []byte, mode fs.FileMode) {
	tb.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		tb.Fatal(err)
	}
	if err := os.WriteFile(path, content, mode); err != nil {
		tb.Fatal(err)
	}
}

// Variable names a compiled program for machines that have no Go.
const Variable = "RETORT_PROBE"

// build keeps the program under a name made of its source, so that the tests of
// many packages, which run side by side, share it and never see half a file.
func build() (string, error) {
	if path := os.Getenv(Variable); path != "" {
		return path, nil
	}
	dir, name, err := place()
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, name)
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	work, err := os.MkdirTemp(dir, "build-")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(work) }()
	made := filepath.Join(work, Name)
	cmd := exec.CommandContext(context.Background(), "go", "build", "-trimpath", "-ldflags=-s -w", "-o", made, "github.com/retort-ci/retort/pkg/internal/probe/cmd")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return path, os.Rename(made, path)
}

func place() (dir, name string, err error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	dir = filepath.Join(cache, "retort-test")
	h := sha256.New()
	_, _ = fmt.Fprintln(h, runtime.Version(), runtime.GOARCH)
	err = fs.WalkDir(source, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := source.ReadFile(path)
		h.Write(text)
		return err
	})
	if err == nil {
		err = os.MkdirAll(dir, 0o755)
	}
	return dir, "probe-" + hex.EncodeToString(h.Sum(nil))[:16], err
}

// Image builds an image of nothing but the program and gives its ID.
func Image(tb testing.TB, eng engine.Builder, labels map[string]string) string {
	tb.Helper()
	built, err := eng.Build(tb.Context(), engine.BuildSpec{Context: Context(tb, Dockerfile, nil), Labels: labels})
	if err != nil {
		tb.Fatalf("build the probe's image: %v", err)
	}
	return built.ID
}
