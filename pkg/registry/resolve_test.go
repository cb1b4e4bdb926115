package registry_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/registry"
)

func TestResolve(t *testing.T) {
	each(t, func(t *testing.T, w *wire) {
		c := client(t)
		img := pushed(t, c, w.addr+"/shop/orders:1")
		size, err := img.Size()
		if err != nil {
			t.Fatal(err)
		}
		for _, ref := range []string{w.addr + "/shop/orders:1", w.addr + "/shop/orders@" + digestOf(t, img)} {
			desc, err := c.Resolve(t.Context(), ref)
			if err != nil {
				t.Fatal(err)
			}
			if desc.Digest.String() != digestOf(t, img) || desc.Size != size || desc.MediaType != types.DockerManifestSchema2 {
				t.Errorf("%s: %+v", ref, desc)
			}
		}
		for _, ref := range []string{"/shop/orders:2", "/shop/nothing:1", "/shop/orders@sha256:" + strings.Repeat("0", 64)} {
			_, err := c.Resolve(t.Context(), w.addr+ref)
			if !errors.Is(err, registry.ErrNotFound) || !strings.Contains(err.Error(), w.addr+ref) {
				t.Errorf("%s: %v", ref, err)
			}
			if _, sided := errors.AsType[*fault.Fault](err); sided {
				t.Errorf("%s: the side is the caller's to say: %v", ref, fault.SideOf(err))
			}
		}
	})
}

// Some registries leave out what HEAD should tell, or know no HEAD.
func TestResolveWhereHeadIsPoor(t *testing.T) {
	w := embedded(t)
	c := client(t)
	img := pushed(t, c, w.addr+"/shop/orders:1")
	without := func(header string) func(http.ResponseWriter, *http.Request, http.Handler) bool {
		return func(rw http.ResponseWriter, r *http.Request, next http.Handler) bool {
			if r.Method != http.MethodHead {
				return false
			}
			next.ServeHTTP(&dropHeader{rw, header}, r)
			return true
		}
	}
	cases := map[string]func(http.ResponseWriter, *http.Request, http.Handler) bool{
		"no digest":     without("Docker-Content-Digest"),
		"no media type": without("Content-Type"),
		"no HEAD": func(rw http.ResponseWriter, r *http.Request, _ http.Handler) bool {
			if r.Method != http.MethodHead {
				return false
			}
			rw.WriteHeader(http.StatusMethodNotAllowed)
			return true
		},
		"another digest": func(rw http.ResponseWriter, r *http.Request, _ http.Handler) bool {
			if r.Method == http.MethodHead {
				rw.Header().Set("Docker-Content-Digest", "sha256:"+strings.Repeat("0", 64))
				rw.Header().Set("Content-Type", string(types.OCIManifestSchema1))
				rw.Header().Set("Content-Length", "2")
			}
			return r.Method == http.MethodHead
		},
	}
	for what, answer := range cases {
		t.Run(what, func(t *testing.T) {
			w.intercept(answer)
			names(t, c, w.addr+"/shop/orders@"+digestOf(t, img), digestOf(t, img))
		})
	}
}

type dropHeader struct {
	http.ResponseWriter
	name string
}

func (d *dropHeader) WriteHeader(code int) {
	d.Header()[d.name] = nil // also keeps net/http from putting one
	d.ResponseWriter.WriteHeader(code)
}

func TestATruncatedManifestIsRefused(t *testing.T) {
	w := embedded(t)
	c := client(t)
	img := pushed(t, c, w.addr+"/shop/orders:1")
	raw, err := img.RawManifest()
	if err != nil {
		t.Fatal(err)
	}
	w.intercept(func(rw http.ResponseWriter, r *http.Request, _ http.Handler) bool {
		if r.Method != http.MethodGet || !strings.Contains(r.URL.Path, "/manifests/") {
			return false
		}
		rw.Header().Set("Content-Type", string(types.DockerManifestSchema2))
		_, _ = rw.Write(raw[:len(raw)/2])
		return true
	})
	for _, ref := range []string{w.addr + "/shop/orders:1", w.addr + "/shop/orders@" + digestOf(t, img)} {
		got, err := c.Image(t.Context(), ref, nil)
		if err == nil {
			_, err = got.Layers()
		}
		if err == nil {
			t.Errorf("%s: half a manifest was taken for an image", ref)
		}
	}
	if _, err = c.Copy(t.Context(), w.addr+"/shop/orders:1", w.addr+"/prod/orders:1"); fault.SideOf(err) != fault.Infrastructure {
		t.Errorf("copy: %v: %v", fault.SideOf(err), err)
	}
}

func TestImagePicksThePlatform(t *testing.T) {
	each(t, func(t *testing.T, w *wire) {
		c := client(t)
		arm, amd := image(t), image(t)
		index := mutate.AppendManifests(mutate.IndexMediaType(empty.Index, types.OCIImageIndex),
			mutate.IndexAddendum{Add: arm, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: "arm64", Variant: "v8"}}},
			mutate.IndexAddendum{Add: amd, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: "amd64"}}})
		ref := w.addr + "/library/base:1"
		putIndex(t, ref, index)
		for architecture, want := range map[string]v1.Image{"arm64": arm, "amd64": amd} {
			got, err := c.Image(t.Context(), ref, &v1.Platform{OS: "linux", Architecture: architecture})
			if err != nil {
				t.Fatal(err)
			}
			same(t, got, want)
		}
		_, err := c.Image(t.Context(), ref, &v1.Platform{OS: "linux", Architecture: "s390x"})
		if fault.SideOf(err) != fault.Usage || !strings.Contains(fault.HintOf(err), "linux/arm64/v8, linux/amd64") {
			t.Errorf("%v, hint %q", err, fault.HintOf(err))
		}
	})
}

func TestReferences(t *testing.T) {
	c := client(t)
	for _, bad := range []string{
		"", "UPPER/case", "a b", "x:", "x:-tag", "x@sha256:12", "http://127.0.0.1/x", "127.0.0.1:5000/", "x:" + strings.Repeat("y", 129),
	} {
		_, err := c.Resolve(t.Context(), bad)
		if !errors.Is(err, registry.ErrReference) || fault.SideOf(err) != fault.Usage || fault.HintOf(err) == "" {
			t.Errorf("%q: %v", bad, err)
		}
		if err := registry.CheckReference(bad); !errors.Is(err, registry.ErrReference) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	for _, good := range []string{"x", "team/app:1.2", "127.0.0.1:5000/x@sha256:" + strings.Repeat("0", 64), "localhost/x"} {
		if err := registry.CheckReference(good); err != nil {
			t.Error(err)
		}
	}
	for _, bad := range []string{"127.0.0.1:5000/x:1", "127.0.0.1:5000/x@sha256:" + strings.Repeat("0", 64), "127.0.0.1:5000/X"} {
		if _, err := c.History(t.Context(), bad, "", 0); !errors.Is(err, registry.ErrReference) {
			t.Errorf("repository %q: %v", bad, err)
		}
	}
}

func TestCancelledIsNobodysFault(t *testing.T) {
	w := embedded(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := client(t).Resolve(ctx, w.addr+"/shop/orders:1")
	if _, sided := errors.AsType[*fault.Fault](err); sided || !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
