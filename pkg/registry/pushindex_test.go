package registry_test

import (
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

// nested is an index of two images and an index.
func nested(t *testing.T) v1.ImageIndex {
	t.Helper()
	inner, err := random.Index(100, 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	outer, err := random.Index(100, 2, 2)
	if err != nil {
		t.Fatal(err)
	}
	return mutate.AppendManifests(outer, mutate.IndexAddendum{Add: inner})
}

// An index arrives whole under every name; when it is there nothing is sent.
func TestPushIndex(t *testing.T) {
	each(t, func(t *testing.T, w *wire) {
		index := nested(t)
		want, err := index.Digest()
		if err != nil {
			t.Fatal(err)
		}
		refs := []string{w.addr + "/index/app:1", w.addr + "/index/app:2", w.addr + "/index/other:1"}
		pushed, err := client(t).PushIndex(t.Context(), index, refs...)
		if err != nil || pushed.Digest != want.String() || len(pushed.Refs) != 3 {
			t.Fatalf("pushed %+v, %v; want %s", pushed, err, want)
		}
		for _, ref := range refs {
			parsed, err := name.ParseReference(ref)
			if err != nil {
				t.Fatal(err)
			}
			got, err := remote.Index(parsed, remote.WithContext(t.Context()))
			if err != nil {
				t.Fatal(err)
			}
			if err := validate.Index(got); err != nil {
				t.Errorf("%s: %v", ref, err)
			}
		}
		w.forget()
		if _, err := client(t).PushIndex(t.Context(), index, refs...); err != nil {
			t.Fatal(err)
		}
		for _, method := range []string{"PUT", "POST", "PATCH"} {
			if sent := w.seen(method); len(sent) > 0 {
				t.Errorf("when all was there: %q", sent)
			}
		}
	})
}
