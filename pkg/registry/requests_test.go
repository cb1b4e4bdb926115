package registry_test

import (
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"

	"github.com/retort-ci/retort/pkg/registry"
)

// The numbers of requests below are those that the speed of a pipeline was
// planned with. Every client is new: what it asks first counts too.

// fiveLayers pushes an image of five layers and a config.
func fiveLayers(t *testing.T, ref string) v1.Image {
	t.Helper()
	img, err := random.Image(4096, 5)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client(t).Push(t.Context(), img, ref); err != nil {
		t.Fatal(err)
	}
	return img
}

func TestRequestsToPointATag(t *testing.T) {
	w := embedded(t)
	repo := w.addr + "/shop/orders"
	img := fiveLayers(t, repo+":1")
	within(t, "tag to tag", 2, 2, []*wire{w}, func(int) error {
		_, err := client(t).Tag(t.Context(), repo+":1", "staging")
		return err
	})
	within(t, "copy within a repository", 2, 2, []*wire{w}, func(int) error {
		_, err := client(t).Copy(t.Context(), repo+":1", repo+":production")
		return err
	})
	c := client(t)
	staged, err := c.Stage(t.Context(), repo+"@"+digestOf(t, img), repo, registry.StageOptions{})
	if err != nil {
		t.Fatal(err)
	}
	within(t, "known manifest to tag", 1, 1, []*wire{w}, func(int) error {
		_, err := c.Point(t.Context(), staged, "live")
		return err
	})
	names(t, c, repo+":live", digestOf(t, img))
}

func TestRequestsWithinARegistry(t *testing.T) {
	w := embedded(t)
	img := fiveLayers(t, w.addr+"/shop/orders:1")
	digest := digestOf(t, img)
	within(t, "to another repository", 8, 3, []*wire{w}, func(try int) error {
		_, err := client(t).Copy(t.Context(), w.addr+"/shop/orders:1", fmt.Sprintf("%s/prod%d/orders:live", w.addr, try))
		return err
	})
	within(t, "to where it is, by digest", 1, 1, []*wire{w}, func(int) error {
		copied, err := client(t).Copy(t.Context(), w.addr+"/shop/orders@"+digest, w.addr+"/prod0/orders:live")
		if err == nil && !copied.Existed {
			err = errors.New("it was copied again")
		}
		return err
	})
	var staged registry.Staged
	c := client(t)
	within(t, "stage", 8, 3, []*wire{w}, func(try int) (err error) {
		staged, err = client(t).Stage(t.Context(), w.addr+"/shop/orders@"+digest, fmt.Sprintf("%s/other%d/orders", w.addr, try), registry.StageOptions{NoReferrers: true})
		return err
	})
	within(t, "point", 1, 1, []*wire{w}, func(int) error {
		_, err := c.Point(t.Context(), staged, "live")
		return err
	})
	within(t, "whole", 7, 2, []*wire{w}, func(int) error { return client(t).Whole(t.Context(), staged.Ref()) })
}

func TestRequestsBetweenRegistries(t *testing.T) {
	w, other := embedded(t), embedded(t)
	fiveLayers(t, w.addr+"/shop/orders:1")
	// The manifest here and there at once; for each blob HEAD there, then POST
	// there and GET here at once, then PUT there; the manifest there.
	within(t, "cold", 2+6*4+1, 8, []*wire{w, other}, func(try int) error {
		_, err := client(t).Copy(t.Context(), w.addr+"/shop/orders:1", fmt.Sprintf("%s/prod%d/orders:live", other.addr, try))
		return err
	})
	within(t, "already there", 2, 1, []*wire{w, other}, func(int) error {
		copied, err := client(t).Copy(t.Context(), w.addr+"/shop/orders:1", other.addr+"/prod0/orders:live")
		if err == nil && !copied.Existed {
			err = errors.New("it was copied again")
		}
		return err
	})
}

func TestRequestsOfARecord(t *testing.T) {
	w := embedded(t)
	digest := digestOf(t, fiveLayers(t, w.addr+"/shop/orders:1"))
	// The two blobs begun, the image looked at and the tags listed for a page, the
	// blobs sent, the manifest.
	within(t, "record", 7, 3, []*wire{w}, func(int) error {
		_, err := client(t).AppendRecord(t.Context(), w.addr+"/shop/orders", registry.Record{
			Environment: "production", Action: registry.Promote, Digest: digest,
		})
		return err
	})
}

// Layers that one request carries are not sent by fours: each of these requests
// waits until all are there.
func TestLayersOfAFewMegabytesAreSentAtOnce(t *testing.T) {
	w, other := embedded(t), embedded(t)
	const layers = 6
	var all []v1.Layer
	for range layers {
		all = append(all, noise(2<<20))
	}
	img, err := mutate.AppendLayers(empty.Image, all...)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client(t).Push(t.Context(), img, w.addr+"/shop/orders:1"); err != nil {
		t.Fatal(err)
	}
	var sending sync.WaitGroup
	sending.Add(layers)
	other.intercept(func(_ http.ResponseWriter, r *http.Request, _ http.Handler) bool {
		if r.Method == http.MethodPut && r.ContentLength > 1<<20 {
			sending.Done()
			sending.Wait()
		}
		return false
	})
	if _, err := client(t).Copy(t.Context(), w.addr+"/shop/orders:1", other.addr+"/prod/orders:live"); err != nil {
		t.Fatal(err)
	}
}

func TestRequestsOfAPushWhereNothingChanged(t *testing.T) {
	w := embedded(t)
	img := fiveLayers(t, w.addr+"/shop/orders:1")
	within(t, "push again", 1, 1, []*wire{w}, func(int) error {
		_, err := client(t).Push(t.Context(), img, w.addr+"/shop/orders:1")
		return err
	})
	within(t, "push under another tag", 8, 3, []*wire{w}, func(try int) error {
		_, err := client(t).Push(t.Context(), img, fmt.Sprintf("%s/shop/orders:again%d", w.addr, try))
		return err
	})
}

// Twenty images of the same base: each blob goes to the registry once, and is
// mounted into the other repositories.
func TestABlobIsSentOncePerRegistry(t *testing.T) {
	w, other := embedded(t), embedded(t)
	c := client(t)
	base := pushed(t, c, w.addr+"/library/base:1")
	const many = 20
	for i := range many {
		derived, _ := derive(t, base, layersOf(t, c, w.addr+"/library/base:1"))
		if _, err := c.Push(t.Context(), derived, fmt.Sprintf("%s/shop/s%d:1", w.addr, i)); err != nil {
			t.Fatal(err)
		}
	}
	c = client(t)
	errs := make(chan error, many)
	for i := range many {
		go func() {
			_, err := c.Stage(t.Context(), fmt.Sprintf("%s/shop/s%d:1", w.addr, i), fmt.Sprintf("%s/prod/s%d", other.addr, i), registry.StageOptions{})
			errs <- err
		}()
	}
	for range many {
		if err := <-errs; err != nil {
			t.Fatal(err)
		}
	}
	sent, mounted := 0, 0
	for _, request := range other.seen("") {
		switch {
		case isCommit(request):
			sent++
		case isMount(request):
			mounted++
		}
	}
	if sent != 3+many*2 || mounted != 3*(many-1) {
		t.Errorf("%d blobs were sent and %d mounted, want %d and %d", sent, mounted, 3+many*2, 3*(many-1))
	}
}

// What may refer to the images of an index is asked for at once: where nothing
// does, that costs requests, four for each, and no time.
func TestRequestsOfAnIndexToWhichNothingRefers(t *testing.T) {
	w, other := embedded(t), embedded(t)
	index, err := random.Index(64, 2, 3)
	if err != nil {
		t.Fatal(err)
	}
	putIndex(t, w.addr+"/shop/orders:all", index)
	from := w.addr + "/shop/orders@" + digestOf(t, index)
	both := []*wire{w, other}
	const alone = 47 // the index, three manifests asked for there and brought, nine blobs, the index there
	within(t, "stage alone", alone, 8, both, func(try int) error {
		_, err := client(t).Stage(t.Context(), from, fmt.Sprintf("%s/alone%d/orders", other.addr, try), registry.StageOptions{NoReferrers: true})
		return err
	})
	within(t, "stage", alone+4+3*4, 8, both, func(try int) error {
		_, err := client(t).Stage(t.Context(), from, fmt.Sprintf("%s/prod%d/orders", other.addr, try), registry.StageOptions{})
		return err
	})
	within(t, "along", 1+4+3*4, 2, both, func(int) error { return client(t).Along(t.Context(), from, other.addr+"/prod0/orders") })

	img := fiveLayers(t, w.addr+"/shop/orders:1")
	within(t, "along of an image", 1+4, 1, both, func(int) error {
		return client(t).Along(t.Context(), w.addr+"/shop/orders@"+digestOf(t, img), other.addr+"/prod0/orders")
	})
}
