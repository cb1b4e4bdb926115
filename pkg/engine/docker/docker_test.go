package docker_test

import (
	"context"
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
