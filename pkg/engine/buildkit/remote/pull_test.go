package remote_test

import (
	"net"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	registry "github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/validate"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/engine/buildkit/buildkitdtest"
	"github.com/retort-ci/retort/pkg/engine/buildkit/remote"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/internal/probe"
)

// A pulled image is whole, though its layers come only when they are read, and is
// known, with what is built upon it, by where it came from.
func TestPull(t *testing.T) {
	t.Parallel()
	d, host := buildkitdtest.Start(t, buildkitdtest.Options{}), newRegistry(t)
	maker := open(t, remote.Options{Host: d.Address})
	built := build(t, maker, engine.BuildSpec{Context: probe.Context(t, probe.Dockerfile, nil)})
	push(t, maker, built.ID, host+"/pulled/app:1")

	e, ref := open(t, remote.Options{Host: d.Address}), host+"/pulled/app@"+built.ID
	info, err := e.Pull(t.Context(), ref)
	if err != nil || info.ID != built.ID || !slices.Contains(info.RepoDigests, ref) {
		t.Fatalf("pulled %+v, %v; want %s", info, err, ref)
	}
	upon := build(t, e, engine.BuildSpec{Context: probe.Context(t, "FROM "+ref+"\nCOPY probe /again\n", nil)})
	for _, id := range []string{info.ID, upon.ID} {
		if known, err := e.KnownAs(t.Context(), id); err != nil || !slices.Contains(known, ref) {
			t.Errorf("%s is known as %v, %v; want %s", id, known, err, ref)
		}
		img, err := e.Export(t.Context(), id, t.TempDir(), engine.ExportOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if err := validate.Image(img); err != nil {
			t.Error(err)
		}
	}
	_, err = e.Pull(t.Context(), host+"/pulled/app@sha256:"+strings.Repeat("0", 64))
	if fault.SideOf(err) != fault.Infrastructure || fault.HintOf(err) == "" {
		t.Errorf("gave %v, want infrastructure and a hint", err)
	}
}

// A registry without TLS is spoken to where that was asked for, for the manifest
// and for the layers. The address is one that is not taken for a loopback's.
func TestPullPlainHTTP(t *testing.T) {
	t.Parallel()
	_, port, err := net.SplitHostPort(newRegistry(t))
	if err != nil {
		t.Fatal(err)
	}
	img, err := random.Image(1000, 1)
	if err != nil {
		t.Fatal(err)
	}
	if img, err = mutate.ConfigFile(img, platform(t, img)); err != nil {
		t.Fatal(err)
	}
	tag, err := name.NewTag("127.0.0.1:" + port + "/plain/app:1")
	if err != nil {
		t.Fatal(err)
	}
	if err := registry.Write(tag, img, registry.WithContext(t.Context())); err != nil {
		t.Fatal(err)
	}
	of, err := img.Digest()
	if err != nil {
		t.Fatal(err)
	}
	ref := "0.0.0.0:" + port + "/plain/app@" + of.String()
	for _, plain := range [][]string{{"0.0.0.0:" + port}, {"0.0.0.0"}} {
		e := open(t, remote.Options{Host: "unix:///no/daemon", PlainHTTP: plain})
		if _, err := e.Pull(t.Context(), ref); err != nil {
			t.Fatal(err)
		}
		pulled, err := e.Export(t.Context(), of.String(), t.TempDir(), engine.ExportOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if err := validate.Image(pulled); err != nil {
			t.Error(err)
		}
	}
	if _, err := open(t, remote.Options{Host: "unix:///no/daemon"}).Pull(t.Context(), ref); err == nil {
		t.Error("pulled without TLS, though nobody asked for that")
	}
}

// platform is the image's config with this machine's platform.
func platform(t *testing.T, img v1.Image) *v1.ConfigFile {
	t.Helper()
	config, err := img.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	config = config.DeepCopy()
	config.OS, config.Architecture = "linux", runtime.GOARCH
	return config
}
