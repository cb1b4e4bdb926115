package test_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/engine/docker/dockertest"
	"github.com/retort-ci/retort/pkg/internal/owner"
	"github.com/retort-ci/retort/pkg/internal/probe"
	"github.com/retort-ci/retort/pkg/progress"
	"github.com/retort-ci/retort/pkg/step/test"
)

// bench is the real engine, an image of the probe, and the options of a run
// that leaves nothing on the engine: the end of the test asserts it.
type bench struct {
	engine *dockertest.Engine
	image  string
	run    string
	opts   test.Options
	events *recorder
}

func newBench(t *testing.T) *bench {
	t.Helper()
	eng, self := dockertest.Open(t), owner.Self(time.Hour)
	b := &bench{engine: eng, run: self.Run, events: &recorder{}}
	b.opts = test.Options{
		Reports: filepath.Join(t.TempDir(), "reports"), Logs: filepath.Join(t.TempDir(), "logs"),
		Prefix: "retort-" + self.Run, Labels: self.Labels(), Progress: b.events, Parallel: 4,
	}
	b.image = probe.Image(t, eng, self.Labels())
	t.Cleanup(func() { b.nothingLeft(t) })
	return b
}

// nothingLeft allows for an engine that was too busy to remove things in time,
// as long as the run has told so.
func (b *bench) nothingLeft(t *testing.T) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	left, err := b.engine.Left(ctx, b.run)
	warnings := b.events.texts(progress.Warning)
	switch {
	case err != nil:
		t.Error(err)
	case len(left) > 0 && strings.Contains(warnings, "clean up: "):
		t.Logf("left on a busy engine: %v; warned %q", left, warnings)
	case len(left) > 0:
		t.Errorf("left on the engine: %v", left)
	}
	if err := b.engine.Clear(ctx, b.run); err != nil {
		t.Error(err)
	}
}

// container is one that does the probe's commands.
func (b *bench) container(commands ...string) engine.ContainerSpec {
	return engine.ContainerSpec{Image: b.image, Cmd: commands}
}

// suite is one that has no services.
func (b *bench) suite(name string, commands ...string) test.Suite {
	return test.Suite{Name: name, Container: b.container(commands...), Timeout: time.Minute}
}

// outcomes runs the suites, which must come to a verdict.
func (b *bench) outcomes(t *testing.T, suites ...test.Suite) []test.Outcome {
	t.Helper()
	b.opts.Suites = suites
	result, err := test.Run(t.Context(), b.engine, b.opts)
	if err != nil {
		t.Fatalf("run: %v", err)
	}
	for i, o := range result.Suites {
		if o.Suite != suites[i].Name || o.Elapsed <= 0 || o.Started.IsZero() {
			t.Errorf("outcome %d is of %q, took %s from %s", i, o.Suite, o.Elapsed, o.Started)
		}
	}
	return result.Suites
}

func (b *bench) outcome(t *testing.T, suite test.Suite) test.Outcome {
	t.Helper()
	return b.outcomes(t, suite)[0]
}

// files gives the content of the files below dir by their paths.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		all[filepath.ToSlash(rel)] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// recorder is a Sink that remembers, and does something when an event comes.
type recorder struct {
	mu     sync.Mutex
	events []progress.Event
	when   func(progress.Event) bool
	do     func()
}

// Emit remembers the event.
func (r *recorder) Emit(e progress.Event) {
	r.mu.Lock()
	r.events = append(r.events, e)
	do := func() {}
	if r.when != nil && r.when(e) {
		do, r.when = r.do, nil
	}
	r.mu.Unlock()
	do()
}

// texts gives the texts of the events of a kind.
func (r *recorder) texts(kind progress.Kind) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var lines []string
	for _, e := range r.events {
		if e.Kind == kind {
			lines = append(lines, e.Text)
		}
	}
	return strings.Join(lines, "\n")
}
