package remote_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	ggcr "github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/validate"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/engine/buildkit/buildkitdtest"
	"github.com/retort-ci/retort/pkg/engine/buildkit/remote"
	"github.com/retort-ci/retort/pkg/internal/probe"
)

// The daemon sends what it has built to a registry, under the digest that it has here.
func TestSend(t *testing.T) {
	t.Parallel()
	e := open(t, remote.Options{Host: buildkitdtest.Start(t, buildkitdtest.Options{}).Address})
	addr := newRegistry(t)
	built := build(t, e, engine.BuildSpec{
		Context: probe.Context(t, probe.Dockerfile+"ENV A=1\nRUN [\"/probe\",\"write\",\"/a\",\"a\"]\nWORKDIR /b\n", nil),
		Labels:  map[string]string{"a": "b"},
	})
	repository := addr + "/sent/app"
	got, err := e.Send(t.Context(), built.ID, repository)
	if err != nil || got != built.ID {
		t.Fatalf("sent %s, %v; want %s", got, err, built.ID)
	}
	ref, err := name.NewDigest(repository + "@" + got)
	if err != nil {
		t.Fatal(err)
	}
	img, err := ggcr.Image(ref)
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Image(img); err != nil {
		t.Error(err)
	}
	if tags, err := ggcr.List(ref.Context()); err == nil && len(tags) > 0 { // it is not known yet by any
		t.Errorf("it has the names %q", tags)
	}
	if _, err := e.Send(t.Context(), "sha256:"+strings.Repeat("0", 64), repository); !errors.Is(err, engine.ErrImageNotFound) {
		t.Errorf("an image that is not there: %v", err)
	}
	if _, err := e.Send(t.Context(), built.ID, "127.0.0.1:1/sent/app"); err == nil {
		t.Error("sent to where nothing listens")
	}
}

// An image that the daemon would make another of is not passed off as sent.
func TestSendIsTheSame(t *testing.T) {
	t.Parallel()
	e := open(t, remote.Options{Host: buildkitdtest.Start(t, buildkitdtest.Options{}).Address})
	addr := newRegistry(t)
	several := build(t, e, engine.BuildSpec{Context: probe.Context(t, "FROM scratch\nCOPY probe /\n", nil), Platforms: []string{"linux/amd64", "linux/arm64"}})
	if _, err := e.Send(t.Context(), several.ID, addr+"/sent/app"); !errors.Is(err, engine.ErrUnsupported) {
		t.Errorf("an image of several platforms: %v", err)
	}
	made, err := random.Image(1000, 2) // of Docker's media types
	if err != nil {
		t.Fatal(err)
	}
	if made, err = mutate.ConfigFile(made, platform(t, made)); err != nil {
		t.Fatal(err)
	}
	ref, err := name.NewTag(addr + "/made/app:1")
	if err != nil {
		t.Fatal(err)
	}
	digest, err := made.Digest()
	if err := errors.Join(err, ggcr.Write(ref, made)); err != nil {
		t.Fatal(err)
	}
	pulled, err := e.Pull(t.Context(), ref.Context().Name()+"@"+digest.String())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Send(t.Context(), pulled.ID, addr+"/sent/app"); !errors.Is(err, engine.ErrUnsupported) {
		t.Errorf("an image of another maker: %v", err)
	}
}

// A daemon on this machine need not: what it built is here too. One elsewhere cannot
// where the registry is on a loopback.
func TestSends(t *testing.T) {
	t.Parallel()
	elsewhere := "[worker.oci.labels]\n\"org.mobyproject.buildkit.worker.hostname\" = \"elsewhere\"\n"
	for config, want := range map[string]bool{"": false, elsewhere: true} {
		e := open(t, remote.Options{Host: buildkitdtest.Start(t, buildkitdtest.Options{Config: config}).Address})
		for repository, reached := range map[string]bool{"registry.example.com/app": true, "127.0.0.1:5000/app": false} {
			if got, err := e.Sends(t.Context(), repository); got != (want && reached) || err != nil {
				t.Errorf("with %q to %s: %v, %v", config, repository, got, err)
			}
		}
	}
}
