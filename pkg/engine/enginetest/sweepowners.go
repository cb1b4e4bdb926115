package enginetest

import (
	"context"
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/internal/owner"
)

// foreign are the labels of a run of another machine.
func (s *suite) foreign(ttl time.Duration) map[string]string {
	labels := with(owner.Self(ttl).Labels(), "dev.retort.boot", "another machine")
	labels[owner.LabelRun] = s.owner.Run
	return labels
}

// elsewhere starts a container whose labels name a run of another machine.
func (s *suite) elsewhere(t *testing.T, ttl time.Duration) engine.Container {
	t.Helper()
	c, err := s.engine.(engine.Runner).Start(t.Context(), engine.ContainerSpec{Image: s.image, Cmd: []string{"hang"}, Labels: s.foreign(ttl)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Remove(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return c
}

// usedVolume is a volume of an expired run that a living one's container uses.
func (s *suite) usedVolume(t *testing.T) (engine.Volume, engine.Container) {
	t.Helper()
	spec := s.volumeSpec("expired")
	spec.Labels = s.foreign(0)
	v, err := need[engine.Volumer](t, s).CreateVolume(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := v.Remove(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return v, s.start(t, engine.ContainerSpec{Image: s.image, Cmd: []string{"hang"}, Mounts: []engine.Mount{{Volume: v.Name(), Path: "/data"}}})
}

// filled is a volume of this run's, in which there is something to lose.
func (s *suite) filled(t *testing.T) engine.Volume {
	t.Helper()
	v := s.volume(t, "living")
	spec := reading(s.image, v)
	spec.Cmd = []string{"write", "/data/a", "kept"}
	if got := s.runSpec(t, spec); got.code != 0 {
		t.Fatalf("fill a volume: %s", got.stderr)
	}
	return v
}

// reading prints what filled wrote.
func reading(image string, v engine.Volume) engine.ContainerSpec {
	return engine.ContainerSpec{Image: image, Mounts: []engine.Mount{{Volume: v.Name(), Path: "/data"}}, Cmd: []string{"cat", "/data/a"}}
}
