package embedded_test

import (
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/engine/buildkit/buildkitdtest"
	"github.com/retort-ci/retort/pkg/engine/buildkit/remote"
	"github.com/retort-ci/retort/pkg/engine/embedded"
	"github.com/retort-ci/retort/pkg/internal/probe"
)

// The same Dockerfile gives the same manifest here and on a BuildKit daemon, where
// the times are told.
func TestSameDigestAsRemote(t *testing.T) {
	t.Parallel()
	daemon := buildkitdtest.Start(t, buildkitdtest.Options{})
	there, err := remote.New(remote.Options{Host: daemon.Address, StateDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := there.Close(); err != nil {
			t.Error(err)
		}
	})
	sameDigests(t, map[string]exporter{"embedded": open(t, embedded.Options{}), "remote": there})
}

type exporter interface {
	engine.Builder
	engine.Exporter
}

// sameDigests builds on each of the engines what differs if anything does.
func sameDigests(t *testing.T, engines map[string]exporter) {
	t.Helper()
	epoch := time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC)
	spec := engine.BuildSpec{
		Context: probe.Context(t, probe.Dockerfile+"COPY f /d/f\nRUN [\"/probe\",\"write\",\"/d/made\",\"in RUN\"]\nLABEL a=b\n", map[string]string{"f": "copied"}),
		Args:    map[string]string{"SOURCE_DATE_EPOCH": "1709208000"},
		Labels:  map[string]string{"c": "d"},
	}
	digests := map[string]string{}
	for name, e := range engines {
		built, err := e.Build(t.Context(), spec)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		img, err := e.Export(t.Context(), built.ID, t.TempDir(), engine.ExportOptions{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		digest, err := img.Digest()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		config, err := img.ConfigFile()
		if err != nil || !config.Created.Equal(epoch) {
			t.Errorf("%s: made at %v, %v", name, config, err)
		}
		digests[digest.String()] = name
	}
	if len(digests) != 1 {
		t.Errorf("digests are %v", digests)
	}
}
