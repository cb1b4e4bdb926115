package push_test

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/progress"
	"github.com/retort-ci/retort/pkg/step/push"
)

// idOf is the image's ID, as Docker has it.
func idOf(t *testing.T, img v1.Image) string {
	t.Helper()
	config, err := img.ConfigName()
	if err != nil {
		t.Fatal(err)
	}
	return config.String()
}

// storeOf is an engine with the images, by their IDs.
func storeOf(t *testing.T, images ...v1.Image) *store {
	t.Helper()
	s := &store{images: map[string]v1.Image{}}
	for _, img := range images {
		s.images[idOf(t, img)] = img
	}
	return s
}

// once pushes one image and gives what came of it, and the notes.
func once(t *testing.T, eng engine.Exporter, reg push.Registry, opts push.Options, img push.Image) (push.Pushed, []string) {
	t.Helper()
	var notes []string
	opts.TempDir, opts.Images = t.TempDir(), []push.Image{img}
	opts.Progress = progress.Func(func(e progress.Event) {
		if e.Kind == progress.Note || e.Kind == progress.Warning {
			notes = append(notes, e.Text)
		}
	})
	result, err := push.Run(t.Context(), eng, reg, opts)
	if err != nil {
		t.Fatal(err)
	}
	nothingIn(t, opts.TempDir)
	return result.Images[0], notes
}

// An image that was pushed before is not read out of the engine again, whatever
// names it is to have, and keeps its digest.
func TestPushedBefore(t *testing.T) {
	reg, addr := open(t)
	img := image(t)
	eng := storeOf(t, img)
	opts := push.Options{CacheDir: t.TempDir()}
	first, _ := once(t, eng, reg, opts, push.Image{ID: idOf(t, img), Refs: []string{addr + "/shop/orders:1"}})
	for _, ref := range []string{"/shop/orders:1", "/shop/orders:2", "/prod/orders:1"} {
		again, notes := once(t, &store{}, reg, opts, push.Image{ID: idOf(t, img), Refs: []string{addr + ref}})
		if again.Digest != first.Digest || resolve(t, reg, addr+ref) != first.Digest {
			t.Errorf("%s is %s, want %s", ref, again.Digest, first.Digest)
		}
		if len(notes) != 1 || !strings.HasPrefix(notes[0], "in the registry already: ") {
			t.Errorf("told %q", notes)
		}
	}
	if len(eng.exported) != 1 {
		t.Errorf("exported %v", eng.exported)
	}
}

// What is remembered may be wrong in any way: the push is right.
func TestMemoryThatIsWrong(t *testing.T) {
	for what, spoil := range map[string]func(t *testing.T, dir string, refs ...string){
		"damaged": func(t *testing.T, dir string, _ ...string) { rewrite(t, dir, "{", "[") },
		"of another image": func(t *testing.T, dir string, refs ...string) {
			rewrite(t, dir, refs[0], refs[1])
		},
		"of another registry": func(t *testing.T, dir string, _ ...string) { rewrite(t, dir, `"ref":"127`, `"ref":"128`) },
		"gone":                func(t *testing.T, dir string, _ ...string) { rewrite(t, dir, "/shop/orders@", "/shop/nothing@") },
		"lost":                func(t *testing.T, dir string, _ ...string) { must(t, os.RemoveAll(dir)) },
		"not to be written":   func(t *testing.T, dir string, _ ...string) { must(t, os.RemoveAll(dir), os.WriteFile(dir, nil, 0o600)) },
	} {
		t.Run(what, func(t *testing.T) {
			reg, addr := open(t)
			img, other := image(t), image(t)
			dir := filepath.Join(t.TempDir(), "cache")
			opts := push.Options{CacheDir: dir}
			first, _ := once(t, storeOf(t, img), reg, opts, push.Image{ID: idOf(t, img), Refs: []string{addr + "/shop/orders:1"}})
			second, err := reg.Push(t.Context(), other, addr+"/shop/other:1")
			if err != nil {
				t.Fatal(err)
			}
			spoil(t, dir, first.Ref(), second.Ref())
			eng := storeOf(t, img)
			again, _ := once(t, eng, reg, opts, push.Image{ID: idOf(t, img), Refs: []string{addr + "/shop/orders:1"}})
			if len(eng.exported) != 1 || again.Digest != first.Digest {
				t.Errorf("exported %v, it is %s, want %s", eng.exported, again.Digest, first.Digest)
			}
		})
	}
}

func must(t *testing.T, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// rewrite changes what is remembered of images.
func rewrite(t *testing.T, dir, old, other string) {
	t.Helper()
	rewriteAll(t, filepath.Join(dir, "images"), old, other)
}

// rewriteAll changes what is remembered. That there is something to change is a
// part of the test.
func rewriteAll(t *testing.T, dir, old, other string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil || !strings.Contains(string(text), old) {
			t.Fatalf("%s has no %s: %v", text, old, err)
		}
		must(t, os.WriteFile(file, []byte(strings.Replace(string(text), old, other, 1)), 0o600))
	}
}

// keyed is a layer as an engine makes it.
type keyed struct {
	v1.Layer
	how engine.Compression
}

// Key is what the engine would give.
func (k keyed) Key() string {
	diffID, _ := k.DiffID() // never fails
	return k.how.Key(diffID)
}

// Made does not wait: the layer is there.
func (k keyed) Made(context.Context) error { return nil }

// below is an image of the layers and one of its own.
func below(t *testing.T, how engine.Compression, layers ...v1.Layer) v1.Image {
	t.Helper()
	own, err := random.Layer(64, types.OCILayer)
	if err != nil {
		t.Fatal(err)
	}
	img, err := mutate.AppendLayers(image(t), append(layers, keyed{own, how})...)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// The next image finds its lower layers where the one before has left them: in
// its repository, or to be mounted from there. Those of another compression are
// others.
func TestLayersPushedBefore(t *testing.T) {
	reg, addr := open(t)
	zstd := engine.Compression{Algorithm: "zstd", Level: 3}
	shared, err := random.Layer(64, types.OCILayer)
	if err != nil {
		t.Fatal(err)
	}
	diffID, err := shared.DiffID()
	if err != nil {
		t.Fatal(err)
	}
	opts := push.Options{CacheDir: t.TempDir()}
	for i, c := range []struct {
		ref   string
		how   engine.Compression
		known bool
	}{
		{"/shop/orders:1", engine.Compression{}, false},
		{"/shop/orders:2", engine.Compression{}, true},
		{"/shop/billing:1", engine.Compression{}, true},
		{"/shop/orders:3", zstd, false},
		{"/shop/orders:4", engine.Compression{}.OrDefault(), true},
	} {
		img := below(t, c.how, keyed{shared, c.how})
		eng := storeOf(t, img)
		opts.Compression = c.how
		pushed, _ := once(t, eng, reg, opts, push.Image{ID: idOf(t, img), Refs: []string{addr + c.ref}})
		if got := eng.known[idOf(t, img)+" "+diffID.String()]; got != c.known {
			t.Errorf("push %d: the layer is known: %t, want %t", i, got, c.known)
		}
		if got := resolve(t, reg, addr+c.ref); got != pushed.Digest {
			t.Errorf("push %d: %s is %s, want %s", i, c.ref, got, pushed.Digest)
		}
	}
}

// A registry that has lost the layer is sent it again.
func TestLayersThatAreLost(t *testing.T) {
	reg, addr := open(t)
	shared, err := random.Layer(64, types.OCILayer)
	if err != nil {
		t.Fatal(err)
	}
	diffID, err := shared.DiffID()
	if err != nil {
		t.Fatal(err)
	}
	opts := push.Options{CacheDir: t.TempDir()}
	img := below(t, opts.Compression, keyed{Layer: shared})
	once(t, storeOf(t, img), reg, opts, push.Image{ID: idOf(t, img), Refs: []string{addr + "/shop/orders:1"}})

	empty, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, "http://"+addr+"/v2/shop/orders/blobs/"+blobOf(t, shared), nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(empty)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusAccepted {
		t.Fatalf("the registry deletes no blob: %s", resp.Status)
	}
	next := below(t, opts.Compression, keyed{Layer: shared})
	eng := storeOf(t, next)
	pushed, _ := once(t, eng, fresh(t), opts, push.Image{ID: idOf(t, next), Refs: []string{addr + "/shop/orders:2"}})
	if eng.known[idOf(t, next)+" "+diffID.String()] {
		t.Error("the layer was taken for one that is there")
	}
	if layers, err := fresh(t).Layers(t.Context(), pushed.Ref(), nil); err != nil || !slices.Contains(blobsOf(t, layers), blobOf(t, shared)) {
		t.Errorf("the image has %v, %v", layers, err)
	}
}

func blobOf(t *testing.T, l v1.Layer) string {
	t.Helper()
	digest, err := l.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return digest.String()
}

func blobsOf(t *testing.T, layers map[v1.Hash]v1.Layer) []string {
	t.Helper()
	var all []string
	for _, l := range layers {
		all = append(all, blobOf(t, l))
	}
	return all
}

// A layer is what the image that it was pushed with says, whatever else is
// remembered of it: another blob of the same repository is there too.
func TestFalseLayer(t *testing.T) {
	for what, next := range map[string]func(t *testing.T, same v1.Image, shared v1.Layer) v1.Image{
		"of the same image": func(_ *testing.T, same v1.Image, _ v1.Layer) v1.Image { return same },
		"of the next image": func(t *testing.T, _ v1.Image, shared v1.Layer) v1.Image {
			t.Helper()
			return below(t, engine.Compression{}, keyed{Layer: shared})
		},
	} {
		t.Run(what, func(t *testing.T) {
			reg, addr := open(t)
			shared, err := random.Layer(64, types.OCILayer)
			if err != nil {
				t.Fatal(err)
			}
			// Of the same length, so that its size does not give it away.
			other, err := random.Layer(64, types.OCILayer)
			if err != nil {
				t.Fatal(err)
			}
			opts := push.Options{CacheDir: t.TempDir()}
			first := imageOf(t, keyed{Layer: shared})
			once(t, storeOf(t, first), reg, opts, push.Image{ID: idOf(t, first), Refs: []string{addr + "/shop/orders:1"}})
			if _, err := reg.Push(t.Context(), below(t, engine.Compression{}, other), addr+"/shop/orders:other"); err != nil {
				t.Fatal(err)
			}
			rewriteAll(t, filepath.Join(opts.CacheDir, "layers"), blobOf(t, shared), blobOf(t, other))

			img := next(t, first, shared)
			eng := storeOf(t, img)
			pushed, _ := once(t, eng, fresh(t), opts, push.Image{ID: idOf(t, img), Refs: []string{addr + "/shop/orders:2"}})
			if len(eng.exported) != 1 || len(eng.known) == 0 {
				t.Errorf("exported %v", eng.exported)
			}
			for layer, known := range eng.known {
				if known {
					t.Errorf("%s was taken for one that is there", layer)
				}
			}
			if pushed.Digest != digest(t, img) {
				t.Errorf("it is %s, want %s", pushed.Digest, digest(t, img))
			}
		})
	}
}

// imageOf is an image of the one layer.
func imageOf(t *testing.T, layer v1.Layer) v1.Image {
	t.Helper()
	img, err := mutate.AppendLayers(empty.Image, layer)
	if err != nil {
		t.Fatal(err)
	}
	return img
}
