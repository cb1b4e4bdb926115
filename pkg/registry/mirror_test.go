package registry_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/registry"
)

func TestMirror(t *testing.T) {
	each(t, func(t *testing.T, w *wire) {
		c := client(t)
		mirror, err := registry.NewMirror(c, w.addr)
		if err != nil {
			t.Fatal(err)
		}
		golang, app := image(t), image(t)
		index := mutate.AppendManifests(mutate.IndexMediaType(empty.Index, types.OCIImageIndex),
			mutate.IndexAddendum{Add: golang, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: "arm64"}}})
		putIndex(t, w.addr+"/library/golang:1.26", index)
		if _, err := c.Push(t.Context(), app, w.addr+"/team/base:2"); err != nil {
			t.Fatal(err)
		}
		for _, base := range []struct {
			ref, platform, where, digest string
			image                        v1.Image
		}{
			{"docker.io/library/golang:1.26", "linux/arm64", "/library/golang:1.26", digestOf(t, index), golang},
			{"golang:1.26", "linux/arm64/v8", "/library/golang:1.26", digestOf(t, index), golang},
			{"golang:1.26@" + digestOf(t, index), "linux/arm64", "/library/golang", digestOf(t, index), golang},
			{"docker.io/team/base:2", "linux/amd64", "/team/base:2", digestOf(t, app), app},
			{"docker.io/team/base:2", "", "/team/base:2", digestOf(t, app), app},
		} {
			got, err := mirror.ResolveBase(t.Context(), base.ref, base.platform)
			if err != nil {
				t.Error(err)
				continue
			}
			config, err := base.image.RawConfigFile()
			if err != nil {
				t.Fatal(err)
			}
			if got.Name != base.ref || got.Ref != w.addr+base.where || got.Digest != base.digest || !bytes.Equal(got.Config, config) {
				t.Errorf("%s: %s, %s@%s", base.ref, got.Name, got.Ref, got.Digest)
			}
		}
	})
}

func TestMirrorLeavesOtherRegistriesAlone(t *testing.T) {
	mirror, err := registry.NewMirror(client(t), "127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	if base, err := mirror.ResolveBase(t.Context(), "registry.example.com/library/golang:1.26", "linux/amd64"); base != nil || err != nil {
		t.Errorf("%+v, %v", base, err)
	}
}

func TestMirrorThatLacksTheImage(t *testing.T) {
	w := embedded(t)
	mirror, err := registry.NewMirror(client(t), w.addr)
	if err != nil {
		t.Fatal(err)
	}
	_, err = mirror.ResolveBase(t.Context(), "docker.io/library/golang:1.26", "linux/amd64")
	if fault.SideOf(err) != fault.Infrastructure || !errors.Is(err, registry.ErrNotFound) {
		t.Fatalf("%v: %v", fault.SideOf(err), err)
	}
	if want := "mirror " + w.addr + " does not have docker.io/library/golang:1.26"; !strings.Contains(err.Error(), want) {
		t.Errorf("%q is not in %v", want, err)
	}
	if !strings.Contains(fault.HintOf(err), w.addr+"/library/golang:1.26") {
		t.Errorf("hint %q", fault.HintOf(err))
	}
}

func TestMirrorRefuses(t *testing.T) {
	for _, host := range []string{"", "mirror", "docker.io", "http://127.0.0.1:5000", "127.0.0.1:5000/UPPER"} {
		if _, err := registry.NewMirror(client(t), host); fault.SideOf(err) != fault.Usage {
			t.Errorf("%q: %v", host, err)
		}
	}
	mirror, err := registry.NewMirror(client(t), "127.0.0.1:1/hub")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := mirror.ResolveBase(t.Context(), "golang:1.26", "no platform"); fault.SideOf(err) != fault.Usage {
		t.Errorf("a platform that is none: %v", err)
	}
}
