package enginetest

import (
	"archive/tar"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/engine"
)

// testCopyFrom: files come out of a container that runs and of one that has
// ended, under names that begin with the path's last element.
func (s *suite) testCopyFrom(t *testing.T) {
	done := make(chan struct{})
	running := s.start(t, engine.ContainerSpec{Image: s.image, Stdout: first(done), Cmd: []string{"write", "/out/a", "running", ";", "echo", "ready", ";", "hang"}})
	<-done
	if got := copied(t, running, "/out/a"); got["a"].text != "running" {
		t.Errorf("file of a running container holds %q", got["a"].text)
	}

	over := s.start(t, engine.ContainerSpec{Image: s.image, Cmd: []string{
		"write", "/out/deep/b", "ended", ";", "symlink", "/etc/passwd", "/out/link", ";", "exit", "1",
	}})
	if _, err := over.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := copied(t, over, "/out")
	if got["out/deep/b"].text != "ended" || got["out/link"].typ != tar.TypeSymlink {
		t.Errorf("files of an ended container are %v", got)
	}
	_, err := over.(engine.FileCopier).CopyFrom(t.Context(), "/nowhere")
	wantErr(t, err, engine.ErrPathNotFound)
}

// first is a writer that closes done with its first bytes.
func first(done chan struct{}) io.Writer { return &closing{begun: done} }

type entry struct {
	typ     byte
	text    string
	changed time.Time
}

// copied gives the entries of the path's tar stream by name.
func copied(t *testing.T, c engine.Container, path string) map[string]entry {
	t.Helper()
	copier, ok := c.(engine.FileCopier)
	if !ok {
		t.Skip("containers of this engine do not give files")
	}
	stream, err := copier.CopyFrom(t.Context(), path)
	if err != nil {
		t.Fatalf("copy %s: %v", path, err)
	}
	defer func() { _ = stream.Close() }()
	entries := map[string]entry{}
	for r := tar.NewReader(stream); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return entries
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		entries[h.Name] = entry{typ: h.Typeflag, text: string(text), changed: h.ModTime}
	}
}
