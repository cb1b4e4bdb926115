package serve_test

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

const (
	evidenceType  types.MediaType = "application/vnd.example.evidence"
	signatureType types.MediaType = "application/vnd.example.signature"
)

func TestReferrersAreListedByType(t *testing.T) {
	addr := start(t, t.TempDir()).Addr()
	img := image(t)
	push(t, addr, "team/app:1", img)
	evidence, signature := referrerOf(t, img, evidenceType), referrerOf(t, img, signatureType)
	push(t, addr, "team/app@"+digest(t, evidence).String(), evidence)
	push(t, addr, "team/app:signed", signature)

	want := []string{digest(t, evidence).String(), digest(t, signature).String()}
	slices.Sort(want)
	if got := listed(t, addr, "team/app", digest(t, img), ""); !slices.Equal(got, want) {
		t.Errorf("all: %v, want %v", got, want)
	}
	query := "?artifactType=" + string(signatureType)
	if got := listed(t, addr, "team/app", digest(t, img), query); !slices.Equal(got, []string{digest(t, signature).String()}) {
		t.Errorf("signatures: %v, want %v", got, digest(t, signature))
	}
	resp, _ := do(t, http.MethodGet, "http://"+addr+"/v2/team/app/referrers/"+digest(t, img).String()+query, nil)
	if got := resp.Header.Get("OCI-Filters-Applied"); got != "artifactType" {
		t.Errorf("OCI-Filters-Applied %q", got)
	}
	for _, repository := range []string{"team/other", "nothing/here"} {
		if got := listed(t, addr, repository, digest(t, img), ""); len(got) != 0 {
			t.Errorf("%s lists %v", repository, got)
		}
	}
}

// Clients that are told OCI-Subject do not keep a fallback tag beside the API.
func TestNoFallbackTag(t *testing.T) {
	addr := start(t, t.TempDir()).Addr()
	img := image(t)
	push(t, addr, "team/app:1", img)
	evidence := referrerOf(t, img, evidenceType)
	raw, err := evidence.RawManifest()
	if err != nil {
		t.Fatal(err)
	}
	push(t, addr, "team/app:evidence", evidence)
	resp, _ := do(t, http.MethodPut, "http://"+addr+"/v2/team/app/manifests/again", raw, "Content-Type", string(types.OCIManifestSchema1))
	if resp.StatusCode != http.StatusCreated || resp.Header.Get("OCI-Subject") != digest(t, img).String() {
		t.Errorf("%s, OCI-Subject %q", resp.Status, resp.Header.Get("OCI-Subject"))
	}
	repo, err := name.NewRepository(addr + "/team/app")
	if err != nil {
		t.Fatal(err)
	}
	tags, err := remote.List(repo, remote.WithContext(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"1", "again", "evidence"}; !slices.Equal(tags, want) {
		t.Errorf("tags %v, want %v", tags, want)
	}
}

func TestADeletedReferrerIsNotListed(t *testing.T) {
	addr := start(t, t.TempDir()).Addr()
	img := image(t)
	push(t, addr, "team/app:1", img)
	evidence := referrerOf(t, img, evidenceType)
	push(t, addr, "team/app:evidence", evidence)
	manifest := "http://" + addr + "/v2/team/app/manifests/" + digest(t, evidence).String()
	if resp, _ := do(t, http.MethodDelete, manifest, nil); resp.StatusCode != http.StatusAccepted {
		t.Fatal(resp.Status)
	}
	if got := listed(t, addr, "team/app", digest(t, img), ""); len(got) != 0 {
		t.Errorf("it lists %v", got)
	}
	push(t, addr, "team/app:evidence", evidence)
	if got := listed(t, addr, "team/app", digest(t, img), ""); len(got) != 1 {
		t.Errorf("pushed again, it lists %v", got)
	}
}

func TestARefusedReferrerIsNotListed(t *testing.T) {
	addr := start(t, t.TempDir()).Addr()
	img := image(t)
	push(t, addr, "team/app:1", img)
	raw, err := referrerOf(t, img, evidenceType).RawManifest() // its blobs are not there
	if err != nil {
		t.Fatal(err)
	}
	resp, _ := do(t, http.MethodPut, "http://"+addr+"/v2/team/app/manifests/x", raw, "Content-Type", string(types.OCIManifestSchema1))
	if resp.StatusCode != http.StatusBadRequest || resp.Header.Get("OCI-Subject") != "" {
		t.Errorf("%s, OCI-Subject %q", resp.Status, resp.Header.Get("OCI-Subject"))
	}
	if got := listed(t, addr, "team/app", digest(t, img), ""); len(got) != 0 {
		t.Errorf("it lists %v", got)
	}
}

func TestReferrersAddedAtOnceAreAllListed(t *testing.T) {
	addr := start(t, t.TempDir()).Addr()
	img := image(t)
	push(t, addr, "team/app:1", img)
	const many = 16
	var group sync.WaitGroup
	for range many {
		evidence := referrerOf(t, img, evidenceType)
		ref := parse(t, addr, "team/app@"+digest(t, evidence).String())
		group.Go(func() {
			if err := remote.Push(ref, evidence, remote.WithContext(t.Context())); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if got := listed(t, addr, "team/app", digest(t, img), ""); len(got) != many {
		t.Errorf("%d of %d are listed", len(got), many)
	}
}

func TestReferrersOfNonsense(t *testing.T) {
	addr := start(t, t.TempDir()).Addr()
	for path, want := range map[string]int{
		"/v2/team/app/referrers/sha256:short":                                  http.StatusBadRequest,
		"/v2/team/app/referrers/latest":                                        http.StatusBadRequest,
		"/v2/../../etc/referrers/sha256:" + strings.Repeat("0", 64):            http.StatusNotFound,
		"/v2/team/_subjects/referrers/sha256:" + strings.Repeat("0", 64):       http.StatusNotFound,
		"/v2/referrers/referrers/sha256:" + strings.Repeat("0", 64):            http.StatusOK,
		"/v2/team/%2e%2e/%2e%2e/x/referrers/sha256:" + strings.Repeat("0", 64): http.StatusNotFound,
	} {
		resp, _ := do(t, http.MethodGet, "http://"+addr+path, nil)
		if resp.StatusCode != want {
			t.Errorf("GET %s: %s, want %d", path, resp.Status, want)
		}
	}
	huge := []byte(`{"schemaVersion":2,"x":"` + strings.Repeat("x", 5<<20) + `"}`)
	resp, _ := do(t, http.MethodPut, "http://"+addr+"/v2/team/app/manifests/x", huge, "Content-Type", string(types.OCIManifestSchema1))
	if resp.StatusCode < 400 || resp.StatusCode > 499 {
		t.Errorf("a manifest of 5 MiB: %s", resp.Status)
	}
}
