package registry_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"

	"github.com/retort-ci/retort/pkg/registry"
)

// What refers to an image goes along, whichever way each registry lists it.
func TestReferrersGoAlong(t *testing.T) {
	each(t, func(t *testing.T, w *wire) {
		for name, backend := range backends(t) {
			other := listen(t, backend())
			c := client(t)
			img := pushed(t, c, w.addr+"/shop/"+slug(name)+":1")
			from := w.addr + "/shop/" + slug(name) + "@" + digestOf(t, img)
			first, err := c.Attach(t.Context(), from, evidence("first"))
			if err != nil {
				t.Fatal(err)
			}
			second, err := c.Attach(t.Context(), from, evidence("second"))
			if err != nil {
				t.Fatal(err)
			}
			signature, err := c.Attach(t.Context(), w.addr+"/shop/"+slug(name)+"@"+first.Digest.String(), evidence("of the first"))
			if err != nil {
				t.Fatal(err)
			}
			legacy := pushed(t, c, w.addr+"/shop/"+slug(name)+":"+strings.Replace(digestOf(t, img), ":", "-", 1)+".sig")

			staged, err := c.Stage(t.Context(), from, other.addr+"/prod/orders", registry.StageOptions{})
			if err != nil {
				t.Fatal(err)
			}
			refersTo(t, c, staged.Ref(), first.Digest, second.Digest)
			refersTo(t, c, other.addr+"/prod/orders@"+first.Digest.String(), signature.Digest)
			names(t, c, other.addr+"/prod/orders:"+strings.Replace(digestOf(t, img), ":", "-", 1)+".sig", digestOf(t, legacy))

			third, err := c.Attach(t.Context(), from, evidence("since then"))
			if err != nil {
				t.Fatal(err)
			}
			for range 2 { // the second time nothing is left to bring
				if err := c.Along(t.Context(), from, other.addr+"/prod/orders"); err != nil {
					t.Fatal(err)
				}
				refersTo(t, c, staged.Ref(), first.Digest, second.Digest, third.Digest)
			}

			if _, err := c.Stage(t.Context(), from, other.addr+"/bare/orders", registry.StageOptions{NoReferrers: true}); err != nil {
				t.Fatal(err)
			}
			refersTo(t, c, other.addr+"/bare/orders@"+digestOf(t, img))
		}
	})
}

func slug(name string) string { return strings.ReplaceAll(name, " ", "-") }

// refersTo fails the test unless exactly these refer to subject.
func refersTo(t *testing.T, c *registry.Client, subject string, want ...v1.Hash) {
	t.Helper()
	found, err := c.Referrers(t.Context(), subject)
	if err != nil {
		t.Fatal(err)
	}
	got := make([]v1.Hash, 0, len(found))
	for _, a := range found {
		got = append(got, a.Descriptor.Digest)
	}
	order := func(a, b v1.Hash) int { return strings.Compare(a.String(), b.String()) }
	slices.SortFunc(got, order)
	slices.SortFunc(want, order)
	if !slices.Equal(got, want) {
		t.Errorf("%v refer to %s, want %v", got, subject, want)
	}
}

// Nothing that is staged can be seen by a tag.
func TestWhatIsStagedHasNoTag(t *testing.T) {
	each(t, func(t *testing.T, w *wire) {
		other := embedded(t)
		c := client(t)
		img := pushed(t, c, w.addr+"/shop/orders:1")
		staged, err := c.Stage(t.Context(), w.addr+"/shop/orders:1", other.addr+"/prod/orders", registry.StageOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if staged.Digest != digestOf(t, img) || staged.Ref() != other.addr+"/prod/orders@"+staged.Digest || staged.Source != w.addr+"/shop/orders@"+staged.Digest {
			t.Errorf("%+v", staged)
		}
		if err := c.Whole(t.Context(), staged.Ref()); err != nil {
			t.Error(err)
		}
		for _, request := range other.seen("PUT") {
			if strings.Contains(request, "/manifests/") && !strings.Contains(request, "/manifests/sha256:") {
				t.Errorf("it made a tag: %s", request)
			}
		}
		if _, err := c.Point(t.Context(), staged, "live"); err != nil {
			t.Fatal(err)
		}
		if err := c.Confirm(t.Context(), other.addr+"/prod/orders:live", staged.Digest); err != nil {
			t.Error(err)
		}
		if err := c.Confirm(t.Context(), other.addr+"/prod/orders:live", zeros); err == nil {
			t.Error("another digest was confirmed")
		}
		if _, err := c.Point(t.Context(), registry.Staged{}, "live"); err == nil {
			t.Error("nothing was pointed at")
		}
	})
}

// A registry that has lost what this client brought gets it again.
func TestWhatTheRegistryHasLostIsBroughtAgain(t *testing.T) {
	w, other := embedded(t), embedded(t)
	c := client(t)
	img := pushed(t, c, w.addr+"/shop/orders:1")
	if _, err := c.Copy(t.Context(), w.addr+"/shop/orders:1", other.addr+"/prod/orders:1"); err != nil {
		t.Fatal(err)
	}
	gone := append(digestsOfLayers(t, img), digestOf(t, img))
	for _, digest := range gone {
		kind := "blobs"
		if digest == digestOf(t, img) {
			kind = "manifests"
		}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, "http://"+other.addr+"/v2/prod/orders/"+kind+"/"+digest, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusAccepted {
			t.Fatalf("delete %s: %s", digest, resp.Status)
		}
	}
	if _, err := c.Copy(t.Context(), w.addr+"/shop/orders:1", other.addr+"/prod/orders:1"); err != nil {
		t.Fatal(err)
	}
	stored(t, other, "prod/orders", img)
}

// What refers to the images of an index goes along with it, as what refers to
// the index: who signs all of it signs each.
func TestReferrersOfImagesInAnIndexGoAlong(t *testing.T) {
	each(t, func(t *testing.T, w *wire) {
		other := embedded(t)
		c := client(t)
		images, err := random.Index(64, 1, 2)
		if err != nil {
			t.Fatal(err)
		}
		index := mutate.AppendManifests(empty.Index, mutate.IndexAddendum{Add: images}) // an index in an index
		putIndex(t, w.addr+"/shop/orders:all", index)
		inner, err := images.IndexManifest()
		if err != nil {
			t.Fatal(err)
		}
		from := w.addr + "/shop/orders@" + digestOf(t, index)
		subjects := []string{digestOf(t, index), digestOf(t, images), inner.Manifests[0].Digest.String(), inner.Manifests[1].Digest.String()}
		evidences, signature := map[string]v1.Hash{}, map[string]string{}
		var signers []string
		attach := func(data string) {
			signers = append(signers, data)
			for _, digest := range subjects {
				desc, err := c.Attach(t.Context(), w.addr+"/shop/orders@"+digest, evidence(data))
				if err != nil {
					t.Fatal(err)
				}
				evidences[digest] = desc.Digest
				signature[digest] = digestOf(t, signed(t, cosignTag(w.addr+"/shop/orders", digest, ".sig"), signers...))
			}
		}
		came := func(what, repository string, err error) {
			t.Helper()
			if err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			for _, digest := range subjects {
				found, err := c.Referrers(t.Context(), repository+"@"+digest)
				last := func(a registry.Artifact) bool { return a.Descriptor.Digest == evidences[digest] }
				if err != nil || !slices.ContainsFunc(found, last) {
					t.Errorf("%s: %d refer to %s, without the last, %v", what, len(found), digest, err)
				}
				names(t, c, cosignTag(repository, digest, ".sig"), signature[digest])
			}
		}
		attach("first")
		_, err = c.CopyWith(t.Context(), w.addr+"/shop/orders:all", other.addr+"/copy/orders:all", registry.CopyOptions{Referrers: true})
		came("copy", other.addr+"/copy/orders", err)
		_, err = c.Stage(t.Context(), from, other.addr+"/stage/orders", registry.StageOptions{})
		came("stage", other.addr+"/stage/orders", err)
		_, err = c.Stage(t.Context(), w.addr+"/shop/orders:all", other.addr+"/tag/orders", registry.StageOptions{})
		came("stage by tag", other.addr+"/tag/orders", err)

		attach("since then")
		_, err = c.CopyWith(t.Context(), from, other.addr+"/copy/orders:all", registry.CopyOptions{Referrers: true})
		came("copy of what is there", other.addr+"/copy/orders", err)
		came("along", other.addr+"/stage/orders", c.Along(t.Context(), from, other.addr+"/stage/orders"))
	})
}
