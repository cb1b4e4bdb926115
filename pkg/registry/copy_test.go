package registry_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/progress"
	"github.com/retort-ci/retort/pkg/registry"
)

func TestCopy(t *testing.T) {
	each(t, func(t *testing.T, w *wire) {
		other := embedded(t)
		c := client(t)
		img := pushed(t, c, w.addr+"/shop/orders:git-1")
		want := digestOf(t, img)
		for what, dst := range map[string]string{
			"within a repository": w.addr + "/shop/orders:production",
			"within a registry":   w.addr + "/prod/orders:live",
			"between registries":  other.addr + "/prod/orders:live",
			"by digest":           other.addr + "/exact/orders@" + want,
		} {
			for _, src := range []string{w.addr + "/shop/orders:git-1", w.addr + "/shop/orders@" + want} {
				first := src == w.addr+"/shop/orders:git-1"
				copied, err := c.Copy(t.Context(), src, dst)
				if err != nil {
					t.Fatalf("%s: %v", what, err)
				}
				if copied.Digest != want || copied.Ref != dst || copied.Source != w.addr+"/shop/orders@"+want || copied.Existed == first {
					t.Errorf("%s: %+v", what, copied)
				}
				names(t, c, dst, want)
			}
		}
		got, err := c.Image(t.Context(), other.addr+"/prod/orders:live", nil)
		if err != nil {
			t.Fatal(err)
		}
		same(t, got, img)
	})
}

func TestCopyOfAnIndex(t *testing.T) {
	each(t, func(t *testing.T, w *wire) {
		other := embedded(t)
		c := client(t)
		index, err := random.Index(1024, 2, 3)
		if err != nil {
			t.Fatal(err)
		}
		putIndex(t, w.addr+"/shop/orders:all", index)
		for _, dst := range []string{w.addr + "/prod/orders:all", other.addr + "/prod/orders:all"} {
			copied, err := c.Copy(t.Context(), w.addr+"/shop/orders:all", dst)
			if err != nil {
				t.Fatal(err)
			}
			if copied.Digest != digestOf(t, index) {
				t.Errorf("%s has %s, want %s", dst, copied.Digest, digestOf(t, index))
			}
			manifest, err := index.IndexManifest()
			if err != nil {
				t.Fatal(err)
			}
			for _, child := range manifest.Manifests {
				want, err := index.Image(child.Digest)
				if err != nil {
					t.Fatal(err)
				}
				got, err := c.Image(t.Context(), copied.Repository+"@"+child.Digest.String(), nil)
				if err != nil {
					t.Fatal(err)
				}
				same(t, got, want)
			}
		}
	})
}

func TestCopyWithinARegistryMounts(t *testing.T) {
	w := embedded(t)
	events := &recorder{}
	c := clientWith(t, registry.Options{Progress: events})
	pushed(t, c, w.addr+"/shop/orders:1")
	w.forget()
	if _, err := c.Copy(t.Context(), w.addr+"/shop/orders:1", w.addr+"/prod/orders:1"); err != nil {
		t.Fatal(err)
	}
	if sent := w.seen("PUT /v2/prod/orders/blobs/"); len(sent) != 0 {
		t.Errorf("it sent %v", sent)
	}
	if mounted := events.ended(progress.Mounted); mounted != 4 {
		t.Errorf("%d blobs were told as mounted, want 4", mounted)
	}
}

func TestCopyToWhereItIsCostsOneRequest(t *testing.T) {
	w := embedded(t)
	events := &recorder{}
	c := clientWith(t, registry.Options{Progress: events})
	img := pushed(t, c, w.addr+"/prod/orders:live")
	names(t, c, w.addr+"/prod/orders:live", digestOf(t, img)) // and the client has shaken hands
	w.forget()
	copied, err := c.Copy(t.Context(), w.addr+"/shop/orders@"+digestOf(t, img), w.addr+"/prod/orders:live")
	if err != nil || !copied.Existed {
		t.Fatalf("%+v, %v", copied, err)
	}
	if all := w.seen(""); len(all) != 1 {
		t.Errorf("requests: %v", all)
	}
	if events.ended(progress.Skipped) != 1 {
		t.Error("it is not told as skipped")
	}
}

func TestCopyRefuses(t *testing.T) {
	w := embedded(t)
	c := client(t)
	pushed(t, c, w.addr+"/shop/orders:1")
	_, err := c.Copy(t.Context(), w.addr+"/shop/orders:missing", w.addr+"/prod/orders:1")
	if !errors.Is(err, registry.ErrNotFound) {
		t.Errorf("missing source: %v", err)
	}
	wrong := w.addr + "/prod/orders@sha256:" + strings.Repeat("0", 64)
	if _, err = c.Copy(t.Context(), w.addr+"/shop/orders:1", wrong); fault.SideOf(err) != fault.Usage {
		t.Errorf("another digest: %v", err)
	}
}

func TestCopyBlamesTheSide(t *testing.T) {
	src, dst := embedded(t), embedded(t)
	c := client(t)
	pushed(t, c, src.addr+"/shop/orders:1")
	src.intercept(func(w http.ResponseWriter, r *http.Request, _ http.Handler) bool {
		if strings.Contains(r.URL.Path, "/blobs/") {
			w.WriteHeader(http.StatusForbidden)
			return true
		}
		return false
	})
	_, err := c.Copy(t.Context(), src.addr+"/shop/orders:1", dst.addr+"/prod/orders:1")
	if err == nil || !strings.Contains(err.Error(), "registry "+src.addr+" refuses access to repository shop/orders (scope repository:shop/orders:pull)") {
		t.Errorf("the source refused: %v", err)
	}
	if !strings.Contains(fault.HintOf(err), "docker login "+src.addr) {
		t.Errorf("hint %q", fault.HintOf(err))
	}
}

// Tag keeps the manifest's bytes, however they are laid out.
func TestTag(t *testing.T) {
	each(t, func(t *testing.T, w *wire) {
		c := client(t)
		img := pushed(t, c, w.addr+"/shop/orders:1")
		raw, err := img.RawManifest()
		if err != nil {
			t.Fatal(err)
		}
		var odd bytes.Buffer
		if err := json.Indent(&odd, raw, "  ", "\t"); err != nil {
			t.Fatal(err)
		}
		put(t, w.addr+"/shop/orders:odd", odd.Bytes(), types.DockerManifestSchema2)
		tagged, err := c.Tag(t.Context(), w.addr+"/shop/orders:odd", "production", "staging")
		if err != nil {
			t.Fatal(err)
		}
		want, _, err := v1.SHA256(&odd)
		if err != nil {
			t.Fatal(err)
		}
		if tagged.Digest != want.String() || len(tagged.Refs) != 2 {
			t.Errorf("tagged %+v, want %s", tagged, want)
		}
		names(t, c, w.addr+"/shop/orders:production", want.String())
		names(t, c, w.addr+"/shop/orders:staging", want.String())

		if _, err := c.Tag(t.Context(), w.addr+"/shop/orders:odd", "feature/x"); !errors.Is(err, registry.ErrReference) {
			t.Errorf("a tag that is none: %v", err)
		}
		if _, err := c.Tag(t.Context(), w.addr+"/shop/orders:missing", "x"); !errors.Is(err, registry.ErrNotFound) {
			t.Errorf("a source that is none: %v", err)
		}
	})
}

type rawManifest struct {
	bytes     []byte
	mediaType types.MediaType
}

func (m rawManifest) RawManifest() ([]byte, error)        { return m.bytes, nil }
func (m rawManifest) MediaType() (types.MediaType, error) { return m.mediaType, nil }

// put writes a manifest's bytes, past the client under test.
func put(t *testing.T, ref string, manifest []byte, mediaType types.MediaType) {
	t.Helper()
	parsed, err := name.ParseReference(ref)
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Put(parsed, rawManifest{manifest, mediaType}, remote.WithContext(t.Context())); err != nil {
		t.Fatal(err)
	}
}

// putIndex writes an index, past the client under test.
func putIndex(t *testing.T, ref string, index v1.ImageIndex) {
	t.Helper()
	parsed, err := name.ParseReference(ref)
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.WriteIndex(parsed, index, remote.WithContext(t.Context())); err != nil {
		t.Fatal(err)
	}
}
