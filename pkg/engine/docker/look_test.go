package docker_test

import (
	"context"
	"crypto/rand"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/engine/docker/dockertest"
)

// An image that was looked at leaves the disk when it is removed. The daemon's
// build cache would keep its layers.
func TestLookKeepsNoLayers(t *testing.T) {
	eng := dockertest.Open(t)
	layer, err := random.Layer(1000, types.DockerLayer)
	if err != nil {
		t.Fatal(err)
	}
	img, err := mutate.AppendLayers(empty.Image, layer)
	if err != nil {
		t.Fatal(err)
	}
	config, err := img.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	config.OS, config.Architecture = "linux", runtime.GOARCH
	if img, err = mutate.ConfigFile(img, config); err != nil {
		t.Fatal(err)
	}
	name := "retort.local/look:" + strings.ToLower(rand.Text())
	t.Cleanup(func() {
		if err := eng.RemoveImage(context.WithoutCancel(t.Context()), name); err != nil {
			t.Error(err)
		}
	})
	for range 2 {
		layers, err := eng.Load(t.Context(), name, img)
		if err != nil || layers != 1 {
			t.Fatalf("%d layers were loaded, want 1; %v", layers, err)
		}
		info, err := eng.InspectImage(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		if err := eng.Look(t.Context(), info.ID, func(context.Context, engine.Unpacked) error { return nil }); err != nil {
			t.Fatal(err)
		}
		if err := eng.RemoveImage(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
}
