package remote_test

import (
	"io"
	"log"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	ggcr "github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/engine/buildkit/buildkitdtest"
	"github.com/retort-ci/retort/pkg/engine/buildkit/remote"
	"github.com/retort-ci/retort/pkg/internal/probe"
)

// newRegistry serves a registry in this process and gives its host and port.
func newRegistry(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

// What one daemon leaves in a cache another one takes from there, RUN and all.
func TestCache(t *testing.T) {
	t.Parallel()
	host, dir := newRegistry(t), t.TempDir()
	for name, c := range map[string]struct{ to, from string }{
		"registry": {"type=registry,mode=max,ref=" + host + "/cache:1", host + "/cache:1"},
		"local":    {"type=local,mode=max,dest=" + dir, "type=local,src=" + dir},
		"inline":   {"type=inline", host + "/inline:1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spec := engine.BuildSpec{
				Context: probe.Context(t, probe.Dockerfile+"RUN [\"/probe\",\"copy\",\"/proc/sys/kernel/random/uuid\",\"/once\"]\n", nil),
				CacheTo: []string{c.to},
			}
			first := open(t, remote.Options{Host: buildkitdtest.Start(t, buildkitdtest.Options{}).Address})
			built := build(t, first, spec)
			if name == "inline" {
				push(t, first, built.ID, host+"/inline:1")
			}
			spec.CacheTo, spec.CacheFrom = nil, []string{c.from}
			second := open(t, remote.Options{Host: buildkitdtest.Start(t, buildkitdtest.Options{}).Address})
			again := build(t, second, spec)
			if got, want := layers(t, second, again.ID), layers(t, first, built.ID); !slices.Equal(got, want) {
				t.Errorf("layers are %v with %d of %d steps cached, want %v", got, again.Cached, again.Steps, want)
			}
		})
	}
}

func push(t *testing.T, e engine.Exporter, id, ref string) {
	t.Helper()
	img, err := e.Export(t.Context(), id, t.TempDir(), engine.ExportOptions{})
	if err != nil {
		t.Fatal(err)
	}
	tag, err := name.NewTag(ref)
	if err != nil {
		t.Fatal(err)
	}
	if err := ggcr.Write(tag, img, ggcr.WithContext(t.Context())); err != nil {
		t.Fatal(err)
	}
}

func layers(t *testing.T, e engine.Inspector, id string) []string {
	t.Helper()
	info, err := e.InspectImage(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return info.DiffIDs
}
