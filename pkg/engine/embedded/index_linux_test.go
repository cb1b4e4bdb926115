package embedded_test

import (
	"testing"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/engine/embedded"
	"github.com/retort-ci/retort/pkg/internal/probe"
)

// An image of several platforms is exported whole, under the digest that the build
// gave; one of a single platform is no index.
func TestSeveralPlatforms(t *testing.T) {
	t.Parallel()
	e := open(t, embedded.Options{})
	spec := engine.BuildSpec{
		Context:   probe.Context(t, "FROM scratch\nARG TARGETARCH\nCOPY probe /$TARGETARCH\n", nil),
		Platforms: []string{"linux/amd64", "linux/arm64"},
	}
	built, err := e.Build(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	index, err := e.ExportIndex(t.Context(), built.ID, engine.ExportOptions{})
	if err != nil || index == nil {
		t.Fatalf("exported %v, %v", index, err)
	}
	manifest, err := index.IndexManifest()
	if err != nil || len(manifest.Manifests) != 2 {
		t.Fatalf("the index is %+v, %v; want two images", manifest, err)
	}
	if digest, err := index.Digest(); err != nil || digest.String() != built.ID {
		t.Errorf("exported %s, %v; want %s", digest, err, built.ID)
	}
	for _, m := range manifest.Manifests {
		if img, err := index.Image(m.Digest); err != nil {
			t.Error(err)
		} else if _, err := img.ConfigFile(); err != nil {
			t.Error(err)
		}
	}
	spec.Platforms = nil
	if built, err = e.Build(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	if index, err := e.ExportIndex(t.Context(), built.ID, engine.ExportOptions{}); index != nil || err != nil {
		t.Errorf("exported %v, %v; want none", index, err)
	}
}
