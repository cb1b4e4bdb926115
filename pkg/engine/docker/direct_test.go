package docker_test

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/engine/docker/dockertest"
	"github.com/retort-ci/retort/pkg/internal/owner"
	"github.com/retort-ci/retort/pkg/internal/probe"
)

// The names that this engine gives to layers are understood: none lies on the
// disk as it was saved.
func TestExportIsDirect(t *testing.T) {
	t.Parallel()
	e, run := dockertest.Open(t), owner.Self(time.Hour)
	t.Cleanup(func() {
		if err := e.Clear(context.WithoutCancel(t.Context()), run.Run); err != nil {
			t.Error(err)
		}
	})
	big := strings.Repeat("as large as a layer is ", 1<<17)
	files := probe.Context(t, probe.Dockerfile+"COPY a /a\nCOPY b /b\n", map[string]string{"a": big, "b": big + run.Run})
	built, err := e.Build(t.Context(), engine.BuildSpec{Context: files, Labels: run.Labels()})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	_, err = e.Export(t.Context(), built.ID, dir, engine.ExportOptions{Ready: func(l v1.Layer) {
		if _, made := l.(interface{ Key() string }); !made {
			return // the engine's own blob, of an engine that keeps them
		}
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Error(err)
		}
		for _, entry := range entries {
			info, err := entry.Info()
			if err == nil && info.Size() > 1<<20 && !strings.HasSuffix(entry.Name(), ".packed") {
				t.Errorf("%s has %d bytes when a layer is ready", entry.Name(), info.Size())
			}
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
}
