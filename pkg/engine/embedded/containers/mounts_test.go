//go:build linux

package containers_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/engine"
)

// A VOLUME of the image has what the image has there, can be written to although
// the rest cannot, and is nobody else's.
func TestImageVolume(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	image := newImage(t)
	image.config.Config.Volumes = map[string]struct{}{"/data": {}, "/new/": {}}
	image.put(t, "/data/kept", "of the image", 0o644)
	b.images["volume"] = image
	for range 2 {
		got := b.run(t, engine.ContainerSpec{Image: "volume", ReadOnly: true, Cmd: []string{
			"cat", "/data/kept", ";", "write", "/data/kept", "changed", ";", "write", "/new/a", "x", ";", "write", "/other", "x",
		}})
		if got.stdout != "of the image" || got.code != 1 || !strings.Contains(got.stderr, "/other") {
			t.Errorf("%+v; want only the write beside the volumes refused", got)
		}
	}
}

// What an image calls a volume can be the kernel's.
func TestImageVolumeOfTheKernel(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	image := newImage(t)
	image.config.Config.Volumes = map[string]struct{}{"/sys/fs/cgroup": {}, "/dev/shm": {}, "/proc/x": {}, "/data": {}}
	b.images["volume"] = image
	got := b.run(t, engine.ContainerSpec{Image: "volume", ReadOnly: true, Cmd: []string{"write", "/data/a", "x", ";", "write", "/dev/shm/a", "x"}})
	if got.code != 0 {
		t.Errorf("%+v", got)
	}
}

// An empty volume takes what the image has at its place, with its owner; one that
// has something keeps that.
func TestVolumeFilled(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	image := b.images["probe"]
	image.put(t, "/data/deep/kept", "of the image", 0o640)
	if err := os.Lchown(filepath.Join(image.dir, "data"), 5, 6); err != nil {
		t.Fatal(err)
	}
	mounts := []engine.Mount{{Volume: "filled", Path: "/data"}}
	got := b.run(t, engine.ContainerSpec{Mounts: mounts, Cmd: []string{"cat", "/data/deep/kept", ";", "echo", ";", "stat", "/data", ";", "write", "/data/deep/kept", "changed"}})
	if got.stdout != "of the image\ndrwxr-xr-x 5 6\n" || got.code != 0 {
		t.Errorf("%+v", got)
	}
	if got := b.run(t, engine.ContainerSpec{Mounts: mounts, Cmd: []string{"cat", "/data/deep/kept"}}); got.stdout != "changed" {
		t.Errorf("for the next one: %+v", got)
	}
	if _, err := os.Stat(filepath.Join(image.dir, "data/deep/kept")); err != nil {
		t.Error(err)
	}
}

// What runc mounts itself can be mounted over all the same.
func TestMountsOfTheKernel(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	host := t.TempDir()
	if err := os.WriteFile(filepath.Join(host, "a"), []byte("of the machine"), 0o644); err != nil {
		t.Fatal(err)
	}
	got := b.run(t, engine.ContainerSpec{
		Tmpfs:  []string{"/dev/shm:size=1m"},
		Mounts: []engine.Mount{{Host: host, Path: "/dev/given", ReadOnly: true}},
		Cmd:    []string{"cat", "/dev/given/a", "/proc/mounts", ";", "write", "/dev/given/b", "x"},
	})
	if !strings.HasPrefix(got.stdout, "of the machine") || got.code != 1 || !strings.Contains(got.stdout, " /dev/shm tmpfs") || !strings.Contains(got.stdout, "size=1024k") {
		t.Errorf("%+v", got)
	}
}

// Options of a tmpfs are those of Docker: nothing in it is executed, unless asked.
func TestTmpfs(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.images["probe"].put(t, "/sticky/x", "hidden", 0o644)
	if err := os.Chmod(filepath.Join(b.images["probe"].dir, "sticky"), 0o777|os.ModeSticky); err != nil {
		t.Fatal(err)
	}
	got := b.run(t, engine.ContainerSpec{Tmpfs: []string{"/new", "/run:exec,mode=700,size=2m", "/sticky"}, Cmd: []string{
		"stat", "/new", "/run", "/sticky", ";", "cat", "/proc/mounts", ";", "exists", "/sticky/x",
	}})
	if !strings.HasPrefix(got.stdout, "dtrwxrwxrwx 0 0\ndrwx------ 0 0\ndtrwxrwxrwx 0 0\n") || got.code != 1 {
		t.Errorf("%+v", got)
	}
	for line := range strings.Lines(got.stdout) {
		if strings.Contains(line, " /new tmpfs") != (strings.Contains(line, "tmpfs") && strings.Contains(line, "noexec") && strings.Contains(line, " /new ")) {
			t.Errorf("mounted is %s", line)
		}
		if strings.Contains(line, " /run tmpfs") && strings.Contains(line, "noexec") {
			t.Errorf("mounted is %s", line)
		}
	}
}

// Removing a container leaves alone what of the machine was mounted in it, also
// where the container has moved the place of the mount.
func TestMachineKeepsItsFiles(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	host := t.TempDir()
	if err := os.WriteFile(filepath.Join(host, "a"), []byte("kept"), 0o644); err != nil {
		t.Fatal(err)
	}
	b.run(t, engine.ContainerSpec{
		Mounts: []engine.Mount{{Host: host, Path: "/deep/in"}, {Host: host, Path: "/deep/in/a/again"}}[:1],
		Cmd:    []string{"exists", "/deep/in/a"},
	})
	c := b.start(t, engine.ContainerSpec{Cmd: []string{"hang"}, Mounts: []engine.Mount{{Host: host, Path: "/moved/in"}}})
	if err := c.Remove(t.Context()); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(filepath.Join(host, "a")); err != nil || string(text) != "kept" {
		t.Errorf("the machine's file holds %q, %v", text, err)
	}
}
