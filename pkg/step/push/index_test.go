package push_test

import (
	"errors"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/validate"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/engine/buildkit/buildkitdtest"
	buildkitd "github.com/retort-ci/retort/pkg/engine/buildkit/remote"
	"github.com/retort-ci/retort/pkg/internal/probe"
	"github.com/retort-ci/retort/pkg/step/push"
)

// An image of several platforms arrives whole, under the digest that the build
// gave, and one of a single platform as ever.
func TestPlatforms(t *testing.T) {
	t.Parallel()
	eng, err := buildkitd.New(buildkitd.Options{Host: buildkitdtest.Start(t, buildkitdtest.Options{}).Address, StateDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = eng.Close() })
	reg, host := serving(t)
	for ref, platforms := range map[string][]string{
		host + "/several/app:1": {"linux/amd64", "linux/arm64"},
		host + "/single/app:1":  nil,
	} {
		built, err := eng.Build(t.Context(), engine.BuildSpec{Context: probe.Context(t, probe.Dockerfile, nil), Platforms: platforms})
		if err != nil {
			t.Fatal(err)
		}
		image := push.Image{Service: "app", ID: built.ID, Refs: []string{ref, ref + ".2", host + "/other/app:1"}}
		for range 2 { // the second time all is there
			result, err := push.Run(t.Context(), eng, reg, push.Options{Images: []push.Image{image}})
			if err != nil {
				t.Fatal(err)
			}
			if got := result.Images[0].Digest; got != built.ID {
				t.Errorf("pushed %s, built %s", got, built.ID)
			}
		}
		if platforms == nil {
			continue
		}
		for _, ref := range image.Refs {
			tag, err := name.NewTag(ref)
			if err != nil {
				t.Fatal(err)
			}
			index, err := remote.Index(tag, remote.WithContext(t.Context()))
			if err != nil {
				t.Fatal(err)
			}
			if err := validate.Index(index); err != nil {
				t.Errorf("%s: %v", ref, err)
			}
		}
		_, err = push.Run(t.Context(), eng, reg, push.Options{
			Images: []push.Image{image}, Compression: engine.Compression{Algorithm: "zstd", Level: 3},
		})
		if !errors.Is(err, engine.ErrUnsupported) {
			t.Errorf("compressed anew: %v, want ErrUnsupported", err)
		}
	}
}
