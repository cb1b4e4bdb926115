package serve_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/retort-ci/retort/pkg/registry/serve"
)

// start serves dir on a free port until the test ends.
func start(t *testing.T, dir string) *serve.Server {
	t.Helper()
	server, err := serve.Listen(t.Context(), serve.Options{Dir: dir, Addr: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return server
}

// do sends a request to the server and gives the answer with its body read.
func do(t *testing.T, method, url string, body []byte, header ...string) (*http.Response, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, got
}

func image(t *testing.T) v1.Image {
	t.Helper()
	img, err := random.Image(2048, 2)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// referrerOf makes an image of the artifact type whose subject is img.
func referrerOf(t *testing.T, img v1.Image, artifactType types.MediaType) v1.Image {
	t.Helper()
	desc := descriptor(t, img)
	ref := mutate.ConfigMediaType(mutate.MediaType(image(t), types.OCIManifestSchema1), artifactType)
	return mutate.Subject(ref, desc).(v1.Image)
}

func descriptor(t *testing.T, img v1.Image) v1.Descriptor {
	t.Helper()
	mediaType, err := img.MediaType()
	if err != nil {
		t.Fatal(err)
	}
	size, err := img.Size()
	if err != nil {
		t.Fatal(err)
	}
	return v1.Descriptor{MediaType: mediaType, Size: size, Digest: digest(t, img)}
}

func digest(t *testing.T, m interface{ Digest() (v1.Hash, error) }) v1.Hash {
	t.Helper()
	d, err := m.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// push writes what under addr/reference.
func push(t *testing.T, addr, reference string, what remote.Taggable) {
	t.Helper()
	if err := remote.Push(parse(t, addr, reference), what, remote.WithContext(t.Context())); err != nil {
		t.Fatal(err)
	}
}

func parse(t *testing.T, addr, reference string) name.Reference {
	t.Helper()
	ref, err := name.ParseReference(addr + "/" + reference)
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

// listed asks the referrers API and gives the digests it lists.
func listed(t *testing.T, addr, repository string, subject v1.Hash, query string) []string {
	t.Helper()
	resp, body := do(t, http.MethodGet, "http://"+addr+"/v2/"+repository+"/referrers/"+subject.String()+query, nil)
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("referrers: %s: %s", resp.Status, body)
	}
	if got := resp.Header.Get("Content-Type"); got != string(types.OCIImageIndex) {
		t.Errorf("referrers: Content-Type %q", got)
	}
	var index v1.IndexManifest
	if err := json.Unmarshal(body, &index); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(body), `"manifests":[`) {
		t.Errorf("referrers: the list must be there even when empty: %s", body)
	}
	digests := []string{}
	for _, desc := range index.Manifests {
		digests = append(digests, desc.Digest.String())
	}
	return digests
}

// readAll pulls an image's config and layers, which checks their digests.
func readAll(t *testing.T, img v1.Image) {
	t.Helper()
	if _, err := img.RawConfigFile(); err != nil {
		t.Error(err)
	}
	layers, err := img.Layers()
	if err != nil || len(layers) == 0 {
		t.Fatalf("%d layers, %v", len(layers), err)
	}
	for _, layer := range layers {
		body, err := layer.Compressed()
		if err != nil {
			t.Error(err)
			continue
		}
		if _, err := io.Copy(io.Discard, body); err != nil {
			t.Error(err)
		}
		if err := body.Close(); err != nil {
			t.Error(err)
		}
	}
}
