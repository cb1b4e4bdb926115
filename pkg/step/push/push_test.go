package push_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/progress"
	"github.com/retort-ci/retort/pkg/registry"
	"github.com/retort-ci/retort/pkg/registry/serve"
	"github.com/retort-ci/retort/pkg/step/push"
)

// store is an engine that has images and exports them.
type store struct {
	images map[string]v1.Image

	mu       sync.Mutex
	exported []string
	known    map[string]bool // "ID diffID" where the registry answered for the layer
}

var _ engine.Exporter = (*store)(nil)

// Export leaves a file in dir, as engines do.
func (s *store) Export(_ context.Context, id, dir string, opts engine.ExportOptions) (v1.Image, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.exported = append(s.exported, id)
	img, ok := s.images[id]
	if !ok {
		return nil, engine.ErrImageNotFound
	}
	layers, err := img.Layers()
	if err != nil {
		return nil, err
	}
	for _, l := range layers {
		diffID, err := l.DiffID()
		if err != nil {
			return nil, err
		}
		if s.known == nil {
			s.known = map[string]bool{}
		}
		known := opts.Known(diffID)
		s.known[id+" "+diffID.String()] = known != nil
		if known == nil {
			known = l
		}
		opts.Ready(known)
	}
	return img, os.WriteFile(filepath.Join(dir, "layer"), nil, 0o644)
}

func image(t *testing.T) v1.Image {
	t.Helper()
	img, err := random.Image(64, 2)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func digest(t *testing.T, img v1.Image) string {
	t.Helper()
	d, err := img.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return d.String()
}

// open gives a registry of the test's own, a client and its address. The test
// runs beside others: most of its time is the disk's.
func open(t *testing.T) (*registry.Client, string) {
	t.Helper()
	t.Parallel()
	return serving(t)
}

// serving is open for one more registry.
func serving(t *testing.T) (*registry.Client, string) {
	t.Helper()
	handler, err := serve.Handler(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return fresh(t), strings.TrimPrefix(server.URL, "http://")
}

// fresh is a client that has not spoken to any registry yet.
func fresh(t *testing.T) *registry.Client {
	t.Helper()
	client := registry.New(registry.Options{})
	t.Cleanup(client.Close)
	return client
}

func resolve(t *testing.T, reg *registry.Client, ref string) string {
	t.Helper()
	desc, err := reg.Resolve(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	return desc.Digest.String()
}

func TestPush(t *testing.T) {
	reg, addr := open(t)
	eng := &store{images: map[string]v1.Image{"sha256:1": image(t), "sha256:2": image(t)}}
	orders, billing := addr+"/shop/orders", addr+"/shop/billing"
	opts := push.Options{TempDir: t.TempDir(), Parallel: 1, Images: []push.Image{
		{Service: "orders", ID: "sha256:1", Refs: []string{orders + ":git-1", orders + ":main"}},
		{Service: "billing", ID: "sha256:2", Refs: []string{billing + ":git-1"}},
	}}
	result, err := push.Run(t.Context(), eng, reg, opts)
	if err != nil {
		t.Fatal(err)
	}
	for i, img := range opts.Images {
		got, want := result.Images[i], digest(t, eng.images[img.ID])
		if got.Service != img.Service || got.Digest != want || !slices.Equal(got.Refs, img.Refs) || got.Elapsed <= 0 {
			t.Errorf("result %d is %+v, want %s with %s", i, got, img.Service, want)
		}
		for _, ref := range img.Refs {
			if d := resolve(t, reg, ref); d != want {
				t.Errorf("%s names %s, want %s", ref, d, want)
			}
		}
	}
	if want := []string{"sha256:1", "sha256:2"}; !slices.Equal(eng.exported, want) {
		t.Errorf("exported %v, want each once: %v", eng.exported, want)
	}
	nothingIn(t, opts.TempDir)
}

// What a registry holds already is named there and not sent again.
func TestKnownDigest(t *testing.T) {
	reg, addr := open(t)
	repository := addr + "/shop/orders"
	pushed, err := reg.Push(t.Context(), image(t), repository+":git-1")
	if err != nil {
		t.Fatal(err)
	}
	eng := &store{}
	var status []progress.Status
	result, err := push.Run(t.Context(), eng, reg, push.Options{
		Images:   []push.Image{{Service: "orders", Digest: pushed.Ref(), Refs: []string{repository + ":main", repository + ":1.2"}}},
		Progress: progress.Func(func(e progress.Event) { status = append(status, e.Status) }),
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := result.Images[0]; got.Ref() != pushed.Ref() || len(got.Refs) != 2 {
		t.Errorf("result is %+v, want %s", got, pushed.Ref())
	}
	if d := resolve(t, reg, repository+":1.2"); d != pushed.Digest {
		t.Errorf("the new name is of %s, want %s", d, pushed.Digest)
	}
	if len(eng.exported) > 0 {
		t.Errorf("exported %v", eng.exported)
	}
	if !slices.Equal(status, []progress.Status{progress.Skipped}) {
		t.Errorf("told %v, want skipped", status)
	}
}

// Layers of a base keep the digest that they have in its registry.
func TestLayersOfBases(t *testing.T) {
	reg, addr := open(t)
	base := image(t)
	pushed, err := reg.Push(t.Context(), base, addr+"/library/base:1")
	if err != nil {
		t.Fatal(err)
	}
	own, err := random.Layer(64, "application/vnd.docker.image.rootfs.diff.tar.gzip")
	if err != nil {
		t.Fatal(err)
	}
	built, err := mutate.AppendLayers(base, own)
	if err != nil {
		t.Fatal(err)
	}
	eng := &store{images: map[string]v1.Image{"sha256:1": built}}
	var warnings []string
	_, err = push.Run(t.Context(), eng, reg, push.Options{
		Images: []push.Image{{Service: "orders", ID: "sha256:1", Refs: []string{addr + "/shop/orders:1"}, Bases: []engine.Base{
			{Name: "scratch"}, // has no digest: nobody is asked
			{Name: "lost", Ref: addr + "/library/lost", Digest: pushed.Digest},
			{Name: "base", Ref: addr + "/library/base", Digest: pushed.Digest},
		}}},
		Progress: progress.Func(func(e progress.Event) {
			if e.Kind == progress.Warning {
				warnings = append(warnings, e.Subject+": "+e.Text)
			}
		}),
	})
	if err != nil {
		t.Fatal(err)
	}
	layers, err := built.Layers()
	if err != nil {
		t.Fatal(err)
	}
	for i, l := range layers {
		diffID, err := l.DiffID()
		if err != nil {
			t.Fatal(err)
		}
		if got, want := eng.known["sha256:1 "+diffID.String()], i < len(layers)-1; got != want {
			t.Errorf("layer %d is known: %t, want %t", i, got, want)
		}
	}
	// A base that cannot be asked costs time and a warning, not the push.
	if len(warnings) != 1 || !strings.HasPrefix(warnings[0], "orders: layers of lost are sent anew: ") {
		t.Errorf("warnings are %q, want one about lost", warnings)
	}
}

func TestFailures(t *testing.T) {
	reg, addr := open(t)
	eng := &store{images: map[string]v1.Image{"sha256:1": image(t)}}
	good := push.Image{Service: "orders", ID: "sha256:1", Refs: []string{addr + "/shop/orders:1"}}
	for name, test := range map[string]struct {
		image push.Image
		want  error
	}{
		"not in the engine":   {push.Image{Service: "billing", ID: "sha256:9", Refs: good.Refs}, engine.ErrImageNotFound},
		"not a reference":     {push.Image{Service: "billing", ID: "sha256:1", Refs: []string{"Not::One"}}, registry.ErrReference},
		"not in the registry": {push.Image{Service: "billing", Digest: addr + "/shop/x@sha256:" + strings.Repeat("0", 64), Refs: good.Refs}, registry.ErrNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			opts := push.Options{TempDir: t.TempDir(), Parallel: 1, Images: []push.Image{good, test.image}}
			result, err := push.Run(t.Context(), eng, reg, opts)
			if !errors.Is(err, test.want) || !strings.HasPrefix(err.Error(), "push billing: ") {
				t.Errorf("error is %v, want %v about billing", err, test.want)
			}
			// What was pushed before is known all the same.
			if got, want := result.Images[0].Digest, digest(t, eng.images["sha256:1"]); got != want {
				t.Errorf("orders has %q, want %q", got, want)
			}
			nothingIn(t, opts.TempDir)
		})
	}
}

func nothingIn(t *testing.T, dir string) {
	t.Helper()
	left, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range left {
		t.Errorf("left over: %s", entry.Name())
	}
}
