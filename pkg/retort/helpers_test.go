package retort

import (
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/random"

	"github.com/retort-ci/retort/pkg/ci"
	"github.com/retort-ci/retort/pkg/progress"
	"github.com/retort-ci/retort/pkg/project"
	"github.com/retort-ci/retort/pkg/registry/serve"
	"github.com/retort-ci/retort/pkg/state"
)

const (
	commit = "1b2a2f1c3d4e5f60718293a4b5c6d7e8f9012345"
	other  = "2222222222222222222222222222222222222222"
)

// bench is a pipeline on an empty workspace and a registry of its own, without
// an engine.
type bench struct {
	*Pipeline
	addr string
	told *told
}

// newBench has the services, each deployable and in the registry's repository
// of its name, at a clean checkout of commit.
func newBench(t *testing.T, services ...string) *bench {
	t.Helper()
	t.Parallel()
	handler, err := serve.Handler(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	b := &bench{addr: strings.TrimPrefix(server.URL, "http://"), told: &told{}}
	b.Pipeline = newPipeline(Options{Progress: b.told, Env: []string{}})
	t.Cleanup(func() { _ = b.Close() })
	b.Project = &project.Project{Name: "shop", Dir: t.TempDir()}
	for _, name := range services {
		b.Project.Services = append(b.Project.Services, b.service(name))
	}
	b.state = state.Open(b.Project.Dir)
	b.CI = ci.Environment{Commit: commit, Secrets: true}
	return b
}

func (b *bench) service(name string) project.Service {
	return project.Service{Name: name, Image: b.addr + "/shop/" + name, Build: &project.Build{}}
}

// push puts a new image under the references and gives its digest.
func (b *bench) push(t *testing.T, refs ...string) string {
	t.Helper()
	return b.pushImage(t, image(t), refs...)
}

func (b *bench) pushImage(t *testing.T, img v1.Image, refs ...string) string {
	t.Helper()
	pushed, err := b.registry.Push(t.Context(), img, refs...)
	if err != nil {
		t.Fatal(err)
	}
	return pushed.Digest
}

func image(t *testing.T) v1.Image {
	t.Helper()
	img, err := random.Image(64, 1)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// remember writes the run as if this workspace had made it.
func (b *bench) remember(t *testing.T, change func(*state.Run)) {
	t.Helper()
	err := b.state.Update(t.Context(), func(r *state.Run) error {
		change(r)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// told keeps warnings.
type told struct {
	mu       sync.Mutex
	warnings []string
}

// Emit keeps the text of a warning.
func (s *told) Emit(e progress.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e.Kind == progress.Warning {
		s.warnings = append(s.warnings, e.Text)
	}
}
