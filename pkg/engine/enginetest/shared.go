package enginetest

import (
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/retort-ci/retort/pkg/engine"
)

// testShared: instructions that images have in common are run once, also when
// the images are built side by side. An instruction run twice would leave two
// results, and later builds would take now the one and now the other.
func (s *suite) testShared(t *testing.T) {
	const images, rounds = 3, 3
	spec := s.spec(t, fromProbe+`RUN ["/probe", "copy", "/proc/sys/kernel/random/uuid", "/once"]`+"\n", nil)
	specs := make([]engine.BuildSpec, images)
	for i := range specs {
		specs[i] = spec
	}
	var ids []string
	for range rounds {
		built := s.buildAll(t, specs)
		for _, b := range built {
			ids = append(ids, b.ID)
		}
	}
	for _, id := range ids {
		if id != ids[0] {
			t.Fatalf("one Dockerfile gave several images: %v", ids)
		}
	}
}

// buildAll builds the specs side by side.
func (s *suite) buildAll(t *testing.T, specs []engine.BuildSpec) []engine.Built {
	t.Helper()
	built := make([]engine.Built, len(specs))
	g, ctx := errgroup.WithContext(t.Context())
	for i, spec := range specs {
		g.Go(func() (err error) {
			built[i], err = s.engine.Build(ctx, spec)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatalf("build: %v", err)
	}
	return built
}
