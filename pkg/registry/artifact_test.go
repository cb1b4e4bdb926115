package registry_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/hashicorp/go-multierror"

	"github.com/retort-ci/retort/pkg/registry"
)

func evidence(data string) registry.Artifact {
	return registry.Artifact{
		Type:        "application/vnd.example.evidence",
		MediaType:   "application/vnd.in-toto+json",
		Data:        []byte(data),
		Annotations: map[string]string{"org.example.suite": "unit"},
		Extra:       []registry.Blob{{MediaType: "application/xml", Data: []byte("<testsuite/>"), Annotations: map[string]string{"title": "junit.xml"}}},
	}
}

func TestAttach(t *testing.T) {
	each(t, func(t *testing.T, w *wire) {
		c := client(t)
		img := pushed(t, c, w.addr+"/shop/orders:1")
		for what, data := range map[string]string{"small": `{"ok":true}`, "large": strings.Repeat("x", 100<<10)} {
			want := evidence(data)
			desc, err := c.Attach(t.Context(), w.addr+"/shop/orders:1", want)
			if err != nil {
				t.Fatal(err)
			}
			again, err := c.Attach(t.Context(), w.addr+"/shop/orders@"+digestOf(t, img), want)
			if err != nil || again.Digest != desc.Digest {
				t.Errorf("%s: attached again as %s, first as %s, %v", what, again.Digest, desc.Digest, err)
			}
			got := only(t, c, w.addr+"/shop/orders:1", desc.Digest)
			if got.Type != want.Type || got.MediaType != want.MediaType || !bytes.Equal(got.Data, want.Data) || got.Annotations["org.example.suite"] != "unit" {
				t.Errorf("%s: got %+v", what, got)
			}
			if len(got.Extra) != 1 || string(got.Extra[0].Data) != "<testsuite/>" || got.Extra[0].Annotations["title"] != "junit.xml" {
				t.Errorf("%s: extra %+v", what, got.Extra)
			}
		}
		if all, err := c.Referrers(t.Context(), w.addr+"/shop/orders:1"); err != nil || len(all) != 2 {
			t.Errorf("%d artifacts in all, %v", len(all), err)
		}
		none, err := c.Referrers(t.Context(), w.addr+"/shop/orders:1", "application/vnd.example.other")
		if err != nil || len(none) != 0 {
			t.Errorf("artifacts of another type: %v, %v", none, err)
		}
	})
}

// only gives the artifact of the digest among those of subject, by type.
func only(t *testing.T, c *registry.Client, subject string, digest v1.Hash) registry.Artifact {
	t.Helper()
	found, err := c.Referrers(t.Context(), subject, "application/vnd.example.evidence")
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(found, func(a registry.Artifact) bool { return a.Descriptor.Digest == digest })
	if at < 0 {
		t.Fatalf("%s is not among %d", digest, len(found))
	}
	return found[at]
}

// The manifest is what image-spec v1.1 says an artifact looks like.
func TestTheManifestOfAnArtifact(t *testing.T) {
	w := embedded(t)
	c := client(t)
	img := pushed(t, c, w.addr+"/shop/orders:1")
	desc, err := c.Attach(t.Context(), w.addr+"/shop/orders:1", evidence("data"))
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+w.addr+"/v2/shop/orders/manifests/"+desc.Digest.String(), nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "application/vnd.oci.image.manifest.v1+json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var m map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&m); err != nil {
		t.Fatal(err)
	}
	config, layer := m["config"].(map[string]any), m["layers"].([]any)[0].(map[string]any)
	subject := m["subject"].(map[string]any)
	for what, got := range map[string][2]any{
		"schema":       {m["schemaVersion"], 2.0},
		"media type":   {m["mediaType"], "application/vnd.oci.image.manifest.v1+json"},
		"type":         {m["artifactType"], "application/vnd.example.evidence"},
		"config type":  {config["mediaType"], "application/vnd.oci.empty.v1+json"},
		"config":       {config["digest"], "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"},
		"config data":  {config["data"], "e30="},
		"inlined data": {layer["data"], "ZGF0YQ=="},
		"subject":      {subject["digest"], digestOf(t, img)},
	} {
		if got[0] != got[1] {
			t.Errorf("%s: %v, want %v", what, got[0], got[1])
		}
	}
}

func TestArtifactsAttachedAtOnceAreAllThere(t *testing.T) {
	each(t, func(t *testing.T, w *wire) {
		c := client(t)
		pushed(t, c, w.addr+"/shop/orders:1")
		const many = 8
		var group sync.WaitGroup
		for i := range many {
			group.Go(func() {
				if _, err := c.Attach(t.Context(), w.addr+"/shop/orders:1", evidence(fmt.Sprint(i))); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		all, err := c.Referrers(t.Context(), w.addr+"/shop/orders:1")
		if err != nil || len(all) != many {
			t.Errorf("%d of %d, %v", len(all), many, err)
		}
	})
}

func TestAttachToNothing(t *testing.T) {
	each(t, func(t *testing.T, w *wire) {
		c := client(t)
		_, err := c.Attach(t.Context(), w.addr+"/shop/orders:1", evidence("x"))
		if !errors.Is(err, registry.ErrNotFound) {
			t.Error(err)
		}
		pushed(t, c, w.addr+"/shop/orders:1")
		if _, err := c.Attach(t.Context(), w.addr+"/shop/orders:1", registry.Artifact{}); err == nil {
			t.Error("an artifact of nothing was attached")
		}
	})
}

// A client of another process may write the fallback tag at the same moment.
func TestAnEntryThatWasSwallowedIsPutAgain(t *testing.T) {
	w := listen(t, backends(t)["without referrers"]())
	c := client(t)
	img := pushed(t, c, w.addr+"/shop/orders:1")
	fallback := "/v2/shop/orders/manifests/" + strings.Replace(digestOf(t, img), ":", "-", 1)
	swallowed := false
	w.intercept(func(rw http.ResponseWriter, r *http.Request, _ http.Handler) bool {
		if r.Method == http.MethodPut && r.URL.Path == fallback && !swallowed {
			swallowed = true
			rw.WriteHeader(http.StatusCreated)
			return true
		}
		return false
	})
	desc, err := c.Attach(t.Context(), w.addr+"/shop/orders:1", evidence("x"))
	if err != nil || !swallowed {
		t.Fatal(swallowed, err)
	}
	only(t, c, w.addr+"/shop/orders:1", desc.Digest)
}

// oneAnswered attaches two artifacts, of which the registry answers to one with the
// status.
func oneAnswered(t *testing.T, status int) (found []registry.Artifact, good, bad v1.Descriptor, err error) {
	t.Helper()
	w, c := embedded(t), client(t)
	pushed(t, c, w.addr+"/shop/orders:1")
	for name, desc := range map[string]*v1.Descriptor{"good": &good, "bad": &bad} {
		if *desc, err = c.Attach(t.Context(), w.addr+"/shop/orders:1", evidence(name)); err != nil {
			t.Fatal(err)
		}
	}
	w.intercept(func(rw http.ResponseWriter, r *http.Request, _ http.Handler) bool {
		if strings.HasSuffix(r.URL.Path, "/manifests/"+bad.Digest.String()) {
			rw.WriteHeader(status)
			return true
		}
		return false
	})
	found, err = c.Referrers(t.Context(), w.addr+"/shop/orders:1")
	return found, good, bad, err
}

func TestReferrersThatCannotBeReadAreTold(t *testing.T) {
	found, good, bad, err := oneAnswered(t, http.StatusForbidden)
	if len(found) != 1 || found[0].Descriptor.Digest != good.Digest {
		t.Errorf("found %+v", found)
	}
	several, ok := errors.AsType[*multierror.Error](err)
	if !ok || len(several.Errors) != 1 || !strings.Contains(err.Error(), bad.Digest.String()) {
		t.Errorf("error %v", err)
	}
}

// An index that is a tag goes on listing what has been deleted.
func TestReferrersThatWereDeletedAreNone(t *testing.T) {
	found, good, _, err := oneAnswered(t, http.StatusNotFound)
	if err != nil || len(found) != 1 || found[0].Descriptor.Digest != good.Digest {
		t.Errorf("found %+v, %v", found, err)
	}
}
