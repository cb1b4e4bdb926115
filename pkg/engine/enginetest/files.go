package enginetest

import (
	"os"
	"path"
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/internal/probe"
)

func (s *suite) testFiles(t *testing.T) {
	cases(t, map[string]func(*testing.T){
		"content, mode and owner":  s.filesAsGiven,
		"before the start":         s.filesBeforeStart,
		"directories of the image": s.filesKeepDirectories,
		"links of the image":       s.filesBehindLinks,
		"read only":                s.filesReadOnly,
		"in a volume":              s.filesInVolume,
		"hidden":                   s.filesHidden,
		"without a place":          s.filesWithoutPlace,
	})
}

func (s *suite) filesAsGiven(t *testing.T) {
	c := s.start(t, engine.ContainerSpec{
		Image: s.image, Cmd: []string{"hang"},
		Files: []engine.File{
			{Path: "/run/secrets/password", Content: []byte("hidden")},
			{Path: "/run/secrets/key", Content: []byte("private"), Mode: 0o600, UID: 5, GID: 6},
			{Path: "/empty"},
		},
	})
	got := copied(t, c, "/run/secrets")
	password := got["secrets/password"]
	if password.text != "hidden" || got["secrets/key"].text != "private" {
		t.Errorf("the container has %v", got)
	}
	if age := time.Since(password.changed); age > time.Hour || age < -time.Hour {
		t.Errorf("the file is of %s", password.changed)
	}
	s.wantStat(t, c, "/run/secrets", "drwxr-xr-x 0 0")
	s.wantStat(t, c, "/run/secrets/password", "-r--r--r-- 0 0")
	s.wantStat(t, c, "/run/secrets/key", "-rw------- 5 6")
	s.wantStat(t, c, "/empty", "-r--r--r-- 0 0")
}

// wantStat compares a path's mode, user and group in a running container.
func (s *suite) wantStat(t *testing.T, c engine.Container, path, want string) {
	t.Helper()
	h, err := checker(t, c).Health(t.Context(), []string{"/probe", "stat", path})
	if err != nil || h.Output != want {
		t.Errorf("%s is %q, %v; want %q", path, h.Output, err, want)
	}
}

// Files are there when the command starts: it can be one of them.
func (s *suite) filesBeforeStart(t *testing.T) {
	program, err := os.ReadFile(probe.Build(t))
	if err != nil {
		t.Fatal(err)
	}
	got := s.runSpec(t, engine.ContainerSpec{
		Image: s.image, Entrypoint: []string{"/tools/given", "echo", "ran"},
		Files: []engine.File{{Path: "/tools/given", Content: program, Mode: 0o755}},
	})
	if got.stdout != "ran\n" {
		t.Errorf("printed %q, exit code %d, %q", got.stdout, got.code, got.stderr)
	}
}

// A directory that the image has stays as it is, and keeps what is in it.
func (s *suite) filesKeepDirectories(t *testing.T) {
	built := s.build(t, s.spec(t, fromProbe+"RUN [\"/probe\", \"mkdir\", \"/private\", \"700\"]\nCOPY --chown=5:6 kept /owned/kept\n",
		map[string]string{"kept": "kept"}))
	c := s.start(t, engine.ContainerSpec{
		Image: built.ID, Cmd: []string{"hang"},
		Files: []engine.File{{Path: "/private/a"}, {Path: "/owned/a"}, {Path: "/owned/deep/b"}},
	})
	s.wantStat(t, c, "/private", "drwx------ 0 0")
	s.wantStat(t, c, "/owned", "drwxr-xr-x 5 6")
	s.wantStat(t, c, "/owned/kept", "-rw-r--r-- 5 6")
	s.wantStat(t, c, "/owned/deep", "drwxr-xr-x 0 0")
}

// A link of the image leads to a place in the container, never on the host: not
// by an absolute target, and not by climbing. One in the file's own place is
// replaced.
func (s *suite) filesBehindLinks(t *testing.T) {
	host := t.TempDir()
	built := s.build(t, s.spec(t, fromProbe+`RUN ["/probe", "mkdir", "`+host+`", ";", "symlink", "`+host+`", "/absolute"]
RUN ["/probe", "symlink", "../../../../../..`+host+`", "/climbing"]
RUN ["/probe", "write", "/target", "kept", ";", "symlink", "/target", "/link"]
`, nil))
	got := s.runSpec(t, engine.ContainerSpec{
		Image: built.ID, Cmd: []string{"cat", path.Join(host, "a"), path.Join(host, "b"), "/link", "/target"},
		Files: []engine.File{
			{Path: "/absolute/a", Content: []byte("1")}, {Path: "/climbing/b", Content: []byte("2")}, {Path: "/link", Content: []byte("3")},
		},
	})
	if got.stdout != "123kept" {
		t.Errorf("read %q, exit code %d, %q", got.stdout, got.code, got.stderr)
	}
	if left, err := os.ReadDir(host); err != nil || len(left) != 0 {
		t.Errorf("written on the host: %v, %v", left, err)
	}
}
