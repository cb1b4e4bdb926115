package registry_test

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/progress"
	"github.com/retort-ci/retort/pkg/registry"
)

func TestPush(t *testing.T) {
	each(t, func(t *testing.T, w *wire) {
		events := &recorder{}
		c := clientWith(t, registry.Options{Progress: events}).With("push", "orders")
		img := image(t)
		refs := []string{w.addr + "/shop/orders:1", w.addr + "/shop/orders:latest", w.addr + "/mirror/orders:1"}
		pushed, err := c.Push(t.Context(), img, refs...)
		if err != nil {
			t.Fatal(err)
		}
		if pushed.Digest != digestOf(t, img) || pushed.Ref() != w.addr+"/shop/orders@"+pushed.Digest || !slices.Equal(pushed.Refs, refs) {
			t.Errorf("pushed %+v", pushed)
		}
		for _, ref := range refs {
			names(t, c, ref, pushed.Digest)
		}
		got, err := c.Image(t.Context(), pushed.Ref(), nil)
		if err != nil {
			t.Fatal(err)
		}
		same(t, got, img)

		once(t, w)
		ends := events.of(progress.TaskEnd)
		last := ends[len(ends)-1]
		if last.Stage != "push" || last.Subject != "orders" || last.Status != progress.Done {
			t.Errorf("the last event is %+v", last)
		}
		bytes := events.of(progress.Bytes)
		if total := bytes[len(bytes)-1]; total.Current < 3*4096 || total.Total < 3*4096 {
			t.Errorf("the last count is %+v", total)
		}
	})
}

func TestPushAgainSendsNothing(t *testing.T) {
	each(t, func(t *testing.T, w *wire) {
		c := client(t)
		img := pushed(t, c, w.addr+"/shop/orders:1")
		w.forget()
		again, err := c.Push(t.Context(), img, w.addr+"/shop/orders:1")
		if err != nil {
			t.Fatal(err)
		}
		if again.Digest != digestOf(t, img) {
			t.Errorf("pushed again as %s", again.Digest)
		}
		if sent := append(w.seen("PATCH"), w.seen("PUT")...); len(sent) != 0 {
			t.Errorf("it sent %v", sent)
		}
	})
}

// A tag that the registry gives to another digest is never reported as pushed.
func TestPushIsReadBack(t *testing.T) {
	w := embedded(t)
	c := client(t)
	other := pushed(t, c, w.addr+"/shop/orders:other")
	w.intercept(func(rw http.ResponseWriter, r *http.Request, next http.Handler) bool {
		if !strings.HasSuffix(r.URL.Path, "/manifests/1") {
			return false
		}
		if r.Method == http.MethodHead {
			r.URL.Path = strings.TrimSuffix(r.URL.Path, "1") + "other"
			return false
		}
		next.ServeHTTP(&dropHeader{rw, "Docker-Content-Digest"}, r) // the answer confirms nothing
		return true
	})
	_, err := c.Push(t.Context(), image(t), w.addr+"/shop/orders:1")
	if !errors.Is(err, registry.ErrMismatch) || fault.SideOf(err) != fault.Infrastructure {
		t.Fatalf("%v: %v", fault.SideOf(err), err)
	}
	if !strings.Contains(err.Error(), digestOf(t, other)) {
		t.Errorf("the digest that is there is not named: %v", err)
	}
}

func TestPushSurvivesABurstOfErrors(t *testing.T) {
	w := embedded(t)
	events := &recorder{}
	c := clientWith(t, registry.Options{Progress: events, Stage: "push"})
	failures := 2
	w.intercept(func(rw http.ResponseWriter, r *http.Request, _ http.Handler) bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		if r.Method != http.MethodPut || !strings.Contains(r.URL.Path, "/manifests/") || failures == 0 {
			return false
		}
		failures--
		rw.WriteHeader(http.StatusBadGateway)
		return true
	})
	img := image(t)
	if _, err := c.Push(t.Context(), img, w.addr+"/shop/orders:1"); err != nil {
		t.Fatal(err)
	}
	names(t, c, w.addr+"/shop/orders:1", digestOf(t, img))
	warnings := events.of(progress.Warning)
	if len(warnings) != 2 || warnings[0].Stage != "push" || !strings.Contains(warnings[0].Text, "502") {
		t.Errorf("warnings: %+v", warnings)
	}
}

func TestPushNowhere(t *testing.T) {
	_, err := client(t).Push(t.Context(), image(t))
	if !errors.Is(err, registry.ErrReference) || fault.SideOf(err) != fault.Usage {
		t.Error(err)
	}
}

// same compares two images by digest and reads the first one whole.
func same(t *testing.T, got, want v1.Image) {
	t.Helper()
	if digestOf(t, got) != digestOf(t, want) {
		t.Errorf("digest %s, want %s", digestOf(t, got), digestOf(t, want))
	}
	layers, err := got.Layers()
	if err != nil {
		t.Fatal(err)
	}
	for _, layer := range layers {
		body, err := layer.Compressed()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, body); err != nil { // checks the digest
			t.Error(err)
		}
		_ = body.Close()
	}
	if _, err := got.RawConfigFile(); err != nil {
		t.Error(err)
	}
}

// once fails the test when a blob was sent twice to one repository.
func once(t *testing.T, w *wire) {
	t.Helper()
	sent := map[string]bool{}
	for _, request := range w.seen("PUT ") {
		path, query, _ := strings.Cut(request, "?")
		repository, _, isBlob := strings.Cut(path, "/blobs/uploads/")
		if !isBlob {
			continue
		}
		values, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		key := repository + " " + values.Get("digest")
		if sent[key] {
			t.Errorf("sent twice: %s", key)
		}
		sent[key] = true
	}
	if len(sent) < 4 {
		t.Errorf("3 layers and a config make %d blobs: %v", len(sent), sent)
	}
}
