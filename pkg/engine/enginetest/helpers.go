package enginetest

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/internal/probe"
	"github.com/retort-ci/retort/pkg/progress"
)

// prompt is how soon a cancelled call must be back.
const prompt = 5 * time.Second

// fromProbe begins a Dockerfile of three instructions, without a base.
const fromProbe = "FROM scratch\nCOPY probe /probe\nENTRYPOINT [\"/probe\"]\n"

// spec is a build of the Dockerfile in a context of the probe and the files.
func (s *suite) spec(t *testing.T, dockerfile string, files map[string]string) engine.BuildSpec {
	t.Helper()
	return engine.BuildSpec{
		Context: probe.Context(t, dockerfile, files),
		Labels:  s.owner.Labels(),
	}
}

func (s *suite) build(t *testing.T, spec engine.BuildSpec) engine.Built {
	t.Helper()
	built, err := s.engine.Build(t.Context(), spec)
	if err != nil {
		t.Fatalf("build: %v", err)
	}
	if built.ID == "" {
		t.Fatal("build gave no image ID")
	}
	return built
}

func (s *suite) probeImage(t *testing.T) string {
	t.Helper()
	return s.build(t, s.spec(t, fromProbe, nil)).ID
}

// ended is a container that ran to its end.
type ended struct {
	code           int
	stdout, stderr string
}

// run runs the probe in the image.
func (s *suite) run(t *testing.T, image string, args ...string) ended {
	t.Helper()
	return s.runSpec(t, engine.ContainerSpec{Image: image, Cmd: args})
}

func (s *suite) runSpec(t *testing.T, spec engine.ContainerSpec) ended {
	t.Helper()
	var stdout, stderr bytes.Buffer
	spec.Stdout, spec.Stderr = &stdout, &stderr
	code, err := s.start(t, spec).Wait(t.Context())
	if err != nil {
		t.Fatalf("wait: %v", err)
	}
	return ended{code: code, stdout: stdout.String(), stderr: stderr.String()}
}

// start starts a container that is removed with the test. A test is skipped whose
// container the engine says it lacks.
func (s *suite) start(t *testing.T, spec engine.ContainerSpec) engine.Container {
	t.Helper()
	runner := need[engine.Runner](t, s)
	spec.Labels = s.owner.Labels()
	if err := s.lacks(t, spec); err != nil {
		t.Skip(err)
	}
	c, err := runner.Start(t.Context(), spec)
	if err != nil {
		t.Fatalf("start: %v", err)
	}
	t.Cleanup(func() {
		if err := c.Remove(context.WithoutCancel(t.Context())); err != nil {
			t.Errorf("remove container: %v", err)
		}
	})
	return c
}

// lacks is why the engine, by its own word, has no such container; nil where it
// has, or does not say.
func (s *suite) lacks(t *testing.T, spec engine.ContainerSpec) error {
	t.Helper()
	planner, ok := s.engine.(engine.Planner)
	if !ok {
		return nil
	}
	_, err := planner.PlanContainers(t.Context(), []engine.ContainerSpec{spec}, false)
	if !errors.Is(err, engine.ErrUnsupported) {
		return nil
	}
	wantSide(t, err, fault.Usage)
	if fault.HintOf(err) == "" {
		t.Errorf("%v: names no way out", err)
	}
	return err
}

// networked skips the test where the engine, by its own word, has no networks.
func (s *suite) networked(t *testing.T) {
	t.Helper()
	if planner, ok := s.engine.(engine.Planner); ok {
		if _, err := planner.PlanContainers(t.Context(), nil, true); errors.Is(err, engine.ErrUnsupported) {
			t.Skip(err)
		}
	}
}

// limited skips the test where containers, by the engine's own word, run without a
// limit of the spec.
func (s *suite) limited(t *testing.T, spec engine.ContainerSpec) {
	t.Helper()
	planner, ok := s.engine.(engine.Planner)
	if !ok {
		return
	}
	if without, err := planner.PlanContainers(t.Context(), []engine.ContainerSpec{spec}, false); err != nil || len(without) > 0 {
		t.Skipf("the engine's containers run without %v, %v", without, err)
	}
}

// recorder is a Sink that remembers, and that can wait for an event.
type recorder struct {
	mu     sync.Mutex
	events []progress.Event
	when   func(progress.Event) bool
	seen   chan struct{}
}

// recordUntil closes seen with the first event for which when holds.
func recordUntil(when func(progress.Event) bool) *recorder {
	return &recorder{when: when, seen: make(chan struct{})}
}

// Emit remembers the event.
func (r *recorder) Emit(e progress.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, e)
	if r.when != nil && r.when(e) {
		r.when = nil
		close(r.seen)
	}
}

func (r *recorder) lines() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var lines []string
	for _, e := range r.events {
		if e.Kind == progress.Log {
			lines = append(lines, e.Text)
		}
	}
	return lines
}

// with gives the labels and more of them.
func with(labels map[string]string, more ...string) map[string]string {
	all := maps.Clone(labels)
	for pair := range slices.Chunk(more, 2) {
		all[pair[0]] = pair[1]
	}
	return all
}
