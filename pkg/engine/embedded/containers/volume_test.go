//go:build linux

package containers_test

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/retort-ci/retort/pkg/engine"
)

// Containers that are created side by side with one empty volume find it filled,
// each of them whole.
func TestVolumeFilledOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	const many = 200
	for i := range many {
		b.images["probe"].put(t, fmt.Sprintf("/data/deep/%d", i), "x", 0o640)
	}
	last := fmt.Sprintf("/data/deep/%d", many-1)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			got := b.run(t, engine.ContainerSpec{
				Mounts: []engine.Mount{{Volume: "filled", Path: "/data"}}, Cmd: []string{"cat", "/data/deep/0", last},
			})
			if got.stdout != "xx" || got.code != 0 {
				t.Errorf("%+v", got)
			}
		})
	}
	wg.Wait()
}

// What a running container put into a volume leads no copy out of it; and an empty
// one that it has mounted is left as it is.
func TestVolumeOfAnother(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	image := newImage(t)
	image.put(t, "/data/kept", "of the image", 0o644)
	image.put(t, "/data/in/kept", "of the image", 0o644)
	b.images["full"] = image
	b.start(t, engine.ContainerSpec{Cmd: []string{"hang"}, Mounts: []engine.Mount{{Volume: "given", Path: "/data"}}})
	got := b.run(t, engine.ContainerSpec{Image: "full", Cmd: []string{"exists", "/data/kept"}, Mounts: []engine.Mount{{Volume: "given", Path: "/data"}}})
	if got.code == 0 {
		t.Error("a volume was filled that a running container has")
	}
	// The inner volume takes what the image has, not what lies over it.
	outside := t.TempDir()
	if err := os.WriteFile(filepath.Join(outside, "kept"), []byte("of the machine"), 0o644); err != nil {
		t.Fatal(err)
	}
	got = b.run(t, engine.ContainerSpec{Image: "full", Cmd: []string{"cat", "/data/in/kept"}, Mounts: []engine.Mount{
		{Host: outside, Path: "/data"}, {Volume: "inner", Path: "/data/in"},
	}})
	if got.stdout != "of the image" {
		t.Errorf("%+v", got)
	}
}

// A volume that nobody has any more can still be filled.
func TestVolumeFilledLater(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	image := newImage(t)
	image.put(t, "/data/kept", "of the image", 0o644)
	b.images["full"] = image
	mounts := []engine.Mount{{Volume: "later", Path: "/data"}}
	c := b.start(t, engine.ContainerSpec{Cmd: []string{"exit", "0"}, Mounts: mounts})
	if err := c.Remove(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := b.run(t, engine.ContainerSpec{Image: "full", Cmd: []string{"cat", "/data/kept"}, Mounts: mounts}); got.stdout != "of the image" {
		t.Errorf("%+v", got)
	}
}
