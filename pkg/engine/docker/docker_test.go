package docker_test

import (
	"context"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/engine/docker/dockertest"
	"github.com/retort-ci/retort/pkg/engine/enginetest"
	"github.com/retort-ci/retort/pkg/internal/owner"
	"github.com/retort-ci/retort/pkg/internal/probe"
)

var _ enginetest.Housekeeper = (*dockertest.Engine)(nil)

func TestConformance(t *testing.T) {
	enginetest.Run(t, func(t *testing.T) engine.Builder { return dockertest.Open(t) })
}

// A VOLUME of the image is a volume on the daemon: it goes with its container.
func TestAnonymousVolumesGo(t *testing.T) {
	t.Parallel()
	e, run := dockertest.Open(t), owner.Self(time.Hour)
	t.Cleanup(func() {
		if err := e.Clear(context.WithoutCancel(t.Context()), run.Run); err != nil {
			t.Error(err)
		}
	})
	built, err := e.Build(t.Context(), engine.BuildSpec{
		Context: probe.Context(t, probe.Dockerfile+"VOLUME /data\n", nil), Labels: run.Labels(),
	})
	if err != nil {
		t.Fatal(err)
	}
	c, err := e.Start(t.Context(), engine.ContainerSpec{Image: built.ID, Cmd: []string{"hang"}, Labels: run.Labels()})
	if err != nil {
		t.Fatal(err)
	}
	volumes, err := e.Volumes(t.Context(), c.ID())
	if err != nil || len(volumes) != 1 {
		t.Fatalf("volumes are %q, %v; want one", volumes, err)
	}
	if err := c.Remove(t.Context()); err != nil {
		t.Fatal(err)
	}
	if there, err := e.HasVolume(t.Context(), volumes[0]); err != nil || there {
		t.Errorf("the volume is still there: %v, %v", there, err)
	}
}

// A container that prints without end must not fill the daemon's disk. By itself
// a daemon keeps all of it, unless it was told otherwise.
func TestLogsAreBounded(t *testing.T) {
	t.Parallel()
	e, run := dockertest.Open(t), owner.Self(time.Hour)
	image := probe.Image(t, e, run.Labels())
	t.Cleanup(func() {
		if err := e.Clear(context.WithoutCancel(t.Context()), run.Run); err != nil {
			t.Error(err)
		}
	})
	for name, spec := range map[string]engine.ContainerSpec{
		"a plain one":             {},
		"one that is listened to": {Stdout: &strings.Builder{}, Network: "none"},
	} {
		spec.Image, spec.Cmd, spec.Labels = image, []string{"hang"}, run.Labels()
		c, err := e.Start(t.Context(), spec)
		if err != nil {
			t.Fatal(err)
		}
		got, err := e.Logging(t.Context(), c.ID())
		if err != nil {
			t.Fatal(err)
		}
		if want := map[string]string{"max-size": "16m", "max-file": "1"}; got.Type != "json-file" || !maps.Equal(got.Config, want) {
			t.Errorf("%s: the daemon logs by %+v, want json-file with %v", name, got, want)
		}
	}
}
