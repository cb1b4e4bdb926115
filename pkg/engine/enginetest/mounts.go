package enginetest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
)

// testMounts: directories of the host in containers. Volumes have tests of
// their own.
func (s *suite) testMounts(t *testing.T) {
	cases(t, map[string]func(*testing.T){
		"host directory":      s.hostDirectory,
		"host file":           s.hostFile,
		"missing on the host": s.hostMissing,
		"one source":          s.mountSources,
	})
}

// user is this process's, so that what a container writes is its own.
func user() string { return fmt.Sprintf("%d:%d", os.Getuid(), os.Getgid()) }

func (s *suite) hostDirectory(t *testing.T) {
	dir := t.TempDir()
	got := s.runSpec(t, engine.ContainerSpec{
		Image: s.image, User: user(),
		Mounts: []engine.Mount{{Host: dir, Path: "/in", ReadOnly: true}, {Host: dir, Path: "/out"}},
		Cmd:    []string{"write", "/out/a", "text", ";", "cat", "/in/a", ";", "write", "/in/b", "x"},
	})
	if got.stdout != "text" || got.code != 1 {
		t.Errorf("read %q and ended with %d, %q; want the write refused", got.stdout, got.code, got.stderr)
	}
	if text, err := os.ReadFile(filepath.Join(dir, "a")); err != nil || string(text) != "text" {
		t.Errorf("on the host the file holds %q, %v", text, err)
	}
}

func (s *suite) hostFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(file, []byte("of the host"), 0o644); err != nil {
		t.Fatal(err)
	}
	got := s.runSpec(t, engine.ContainerSpec{
		Image: s.image, Mounts: []engine.Mount{{Host: file, Path: "/etc/app/config", ReadOnly: true}}, Cmd: []string{"cat", "/etc/app/config"},
	})
	if got.stdout != "of the host" {
		t.Errorf("read %q, exit code %d, %q", got.stdout, got.code, got.stderr)
	}
}

// A path that the host lacks is a mistake in the project. It is not made there.
func (s *suite) hostMissing(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing")
	err := s.refused(t, engine.ContainerSpec{Image: s.image, Mounts: []engine.Mount{{Host: missing, Path: "/in"}}})
	if !strings.Contains(err.Error(), missing) {
		t.Errorf("%q does not name %s", err, missing)
	}
	if _, err := os.Lstat(missing); err == nil {
		t.Error("the path was made on the host")
	}
}

func (s *suite) mountSources(t *testing.T) {
	for _, m := range []engine.Mount{{Path: "/in"}, {Path: "/in", Volume: "a", Host: "/b"}} {
		if err := s.refused(t, engine.ContainerSpec{Image: s.image, Mounts: []engine.Mount{m}}); !strings.Contains(err.Error(), "/in") {
			t.Errorf("%q does not name the mount", err)
		}
	}
}

// refused gives the error of a start that fails for its spec.
func (s *suite) refused(t *testing.T, spec engine.ContainerSpec) error {
	t.Helper()
	spec.Labels = s.owner.Labels()
	c, err := need[engine.Runner](t, s).Start(t.Context(), spec)
	if err == nil {
		_ = c.Remove(t.Context())
		t.Fatal("the container was started")
	}
	wantSide(t, err, fault.Usage)
	return err
}
