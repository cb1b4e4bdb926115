package gatewayrun_test

import (
	"strings"
	"testing"

	"github.com/moby/buildkit/client"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/engine/buildkit/buildkitdtest"
	"github.com/retort-ci/retort/pkg/internal/probe"
)

// A volume goes though the daemon is asked meanwhile what it has: it measures a record
// then, which is in use so long, and Prune passes over it.
func TestVolumeGoesAfterItsUser(t *testing.T) {
	d := buildkitdtest.Start(t, buildkitdtest.Options{})
	i := connect(t, d)
	image := probe.Image(t, i, nil)
	conn, err := client.New(t.Context(), d.Address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	for range 3 {
		go func() {
			for t.Context().Err() == nil {
				_, _ = conn.DiskUsage(t.Context())
			}
		}()
	}
	for range 30 {
		v, err := i.CreateVolume(t.Context(), engine.VolumeSpec{})
		if err != nil {
			t.Fatal(err)
		}
		c, err := i.Start(t.Context(), engine.ContainerSpec{
			Image: image, Cmd: []string{"hang"}, Mounts: []engine.Mount{{Volume: v.Name(), Path: "/data"}},
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Remove(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := v.Remove(t.Context()); err != nil {
			t.Fatal(err)
		}
		records, err := conn.DiskUsage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range records {
			if strings.Contains(r.Description, "retort-volume") {
				t.Fatalf("left: %s, in use %t", r.Description, r.InUse)
			}
		}
	}
}
