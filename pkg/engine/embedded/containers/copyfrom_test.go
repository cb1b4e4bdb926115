//go:build linux

package containers_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/retort-ci/retort/pkg/engine"
)

// Files of the image, of volumes and of a tmpfs can be had while the container
// runs, after a kill, and after its end.
func TestCopyFrom(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	host := t.TempDir()
	write := []string{
		"write", "/out/own", "1", ";", "write", "/out/volume/a", "2", ";", "write", "/out/tmp/a", "3", ";",
		"write", "/out/host/a", "4", ";", "symlink", "/etc/passwd", "/out/link", ";",
	}
	spec := engine.ContainerSpec{
		Tmpfs:  []string{"/out/tmp"},
		Mounts: []engine.Mount{{Volume: "copied", Path: "/out/volume"}, {Host: host, Path: "/out/host"}},
	}
	want := map[string]string{
		"out/": "", "out/own": "1", "out/volume/": "", "out/volume/a": "2", "out/tmp/": "", "out/tmp/a": "3",
		"out/host/": "", "out/host/a": "4", "out/link": "/etc/passwd",
	}
	check := func(when string, c container) {
		t.Helper()
		got := files(t, c, "/out")
		if !slices.Equal(names(got), names(want)) {
			t.Errorf("%s: %q, want %q", when, names(got), names(want))
		}
		for name, text := range want {
			if got[name] != text {
				t.Errorf("%s: %s is %q, want %q", when, name, got[name], text)
			}
		}
	}
	spec.Cmd = slices.Concat(write, []string{"serve", ":80"})
	c := b.start(t, spec)
	listens(t, c, "80")
	check("while it runs", c)
	if err := c.Kill(t.Context()); err != nil {
		t.Fatal(err)
	}
	check("killed", c)
	if err := c.Remove(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := c.CopyFrom(t.Context(), "/out"); !errors.Is(err, engine.ErrPathNotFound) {
		t.Errorf("of a removed container: %v", err)
	}
	spec.Cmd = slices.Concat(write, []string{"exit", "1"})
	c = b.start(t, spec)
	if _, err := c.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	check("ended", c)
	if _, err := os.Stat(filepath.Join(host, "a")); err != nil {
		t.Errorf("the machine's file: %v", err)
	}
	if err := c.Remove(t.Context()); err != nil {
		t.Fatal(err)
	}
	v, err := b.CreateVolume(t.Context(), engine.VolumeSpec{Name: "copied"})
	if err == nil {
		_ = v.Remove(t.Context())
		t.Error("a volume that a mount made was not kept")
	}
}

// No link of a container leads to the machine's files.
func TestCopyFromLinks(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	host := t.TempDir()
	if err := os.WriteFile(filepath.Join(host, "secret"), []byte("of the machine"), 0o600); err != nil {
		t.Fatal(err)
	}
	image := b.images["probe"]
	image.link(t, host, "absolute")
	image.link(t, "../../../../../../.."+host, "climbing")
	image.link(t, "/inner", "inside")
	image.put(t, "/inner/a", "of the image", 0o644)
	c := b.start(t, engine.ContainerSpec{Cmd: []string{"exit", "0"}})
	for _, path := range []string{"/absolute/secret", "/climbing/secret", "/absolute/.", "/../../.." + host + "/secret", "/probe/a"} {
		if _, err := c.CopyFrom(t.Context(), path); path != "/absolute/." && !errors.Is(err, engine.ErrPathNotFound) {
			t.Errorf("%s: %v; want it not found", path, err)
		}
	}
	for path, want := range map[string]string{"/absolute": host, "/climbing": "../../../../../../.." + host} {
		got := files(t, c, path)
		if len(got) != 1 || got[path[1:]] != want {
			t.Errorf("%s gave %q, want the link alone", path, got)
		}
	}
	if got := files(t, c, "/inside/a"); got["a"] != "of the image" {
		t.Errorf("through a link within the container: %q", got)
	}
	if got := files(t, c, "/"); got["inner/a"] != "of the image" || got["absolute"] != host {
		t.Errorf("the whole gave %q", names(got))
	}
}

// While files are copied a container can change what they lead to. Nothing of the
// machine is to be had by that.
func TestCopyFromWhileItChanges(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	host := t.TempDir()
	if err := os.WriteFile(filepath.Join(host, "file"), []byte("of the machine"), 0o600); err != nil {
		t.Fatal(err)
	}
	shared := t.TempDir()
	dir, link, at := filepath.Join(shared, "dir"), filepath.Join(shared, "link"), filepath.Join(shared, "at")
	if err := errors.Join(os.Mkdir(dir, 0o755), os.WriteFile(filepath.Join(dir, "file"), []byte("of the container"), 0o644)); err != nil {
		t.Fatal(err)
	}
	c := b.start(t, engine.ContainerSpec{Cmd: []string{"hang"}, Mounts: []engine.Mount{{Host: shared, Path: "/shared"}}})
	stop, stopped := make(chan struct{}), make(chan error)
	go func() { // what a container could do, done from here
		for {
			err := errors.Join(os.Rename(dir, at), os.Rename(at, dir), os.Symlink(host, link), os.Rename(link, at), os.Remove(at))
			select {
			case <-stop:
				stopped <- err
				return
			default:
			}
			if err != nil {
				<-stop
				stopped <- err
				return
			}
		}
	}()
	for range 300 {
		for _, path := range []string{"/shared/at/file", "/shared"} {
			stream, err := c.CopyFrom(t.Context(), path)
			if err != nil {
				continue
			}
			got, _ := contents(stream)
			for name, text := range got {
				if text == "of the machine" {
					t.Fatalf("%s gave the machine's file as %s", path, name)
				}
			}
		}
	}
	close(stop)
	if err := <-stopped; err != nil {
		t.Fatal(err)
	}
}
