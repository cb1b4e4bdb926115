package push_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/registry"
	"github.com/retort-ci/retort/pkg/step/push"
)

// pusher is an engine that pushes too, in a format of its own.
type pusher struct {
	*store
	reg    *registry.Client
	sends  v1.Image // in place of the image, when set
	unsent int64    // of 300 bytes
	fails  error
	lies   bool // about the digest
	pushed []string
}

var _ engine.Pusher = (*pusher)(nil)

func (p *pusher) Unsent(context.Context, string, string) (unsent, total int64, err error) {
	return p.unsent, 300, nil
}

func (p *pusher) Push(ctx context.Context, id, ref string, _ engine.PushOptions) (string, error) {
	p.pushed = append(p.pushed, ref)
	if p.fails != nil {
		return "", p.fails
	}
	img := p.sends
	if img == nil {
		img = itsOwn(p.images[id])
	}
	if p.lies {
		return "sha256:" + strings.Repeat("0", 64), nil
	}
	pushed, err := p.reg.Push(ctx, img, ref)
	return pushed.Digest, err
}

// itsOwn is the image under another kind of manifest, and so with another digest.
func itsOwn(img v1.Image) v1.Image {
	return mutate.Annotations(mutate.MediaType(img, types.OCIManifestSchema1), map[string]string{"by": "the engine"}).(v1.Image) //nolint:forcetypeassert // an image's is one
}

// severalNames are in two repositories of a registry, and perhaps in another one.
func severalNames(t *testing.T, addr string, another bool) []string {
	t.Helper()
	refs := []string{addr + "/shop/orders:1", addr + "/shop/orders:2", addr + "/prod/orders:1"}
	if another {
		_, other := serving(t)
		refs = append(refs, other+"/shop/orders:1")
	}
	return refs
}

// confirms fails the test unless all names are of the digest, and that is told.
func confirms(t *testing.T, reg *registry.Client, refs []string, pushed push.Pushed, want string) {
	t.Helper()
	for _, ref := range refs {
		if got := resolve(t, reg, ref); got != want || pushed.Digest != want {
			t.Errorf("%s is %s, it is told %s, want %s", ref, got, pushed.Digest, want)
		}
	}
}

// The engine pushes where it has little to send, and only there. Either way the
// registry confirms one digest for all names.
func TestByEngine(t *testing.T) {
	for what, c := range map[string]struct {
		with     pusher
		opts     push.Options
		fixed    string // of the names
		taken    string // the name that another image has
		another  bool   // one name is in another registry
		byEngine bool
		warned   bool
	}{
		"nothing to send":     {byEngine: true},
		"a third to send":     {with: pusher{unsent: 100}, byEngine: true},
		"more to send":        {with: pusher{unsent: 101}},
		"a compression":       {opts: push.Options{Compression: engine.Compression{Algorithm: "gzip", Level: 1}}},
		"two registries":      {another: true},
		"a name that moves":   {taken: ":1", byEngine: true},
		"a name that is free": {fixed: ":2", byEngine: true},
		"it fails":            {with: pusher{fails: errors.New("no route to host")}, warned: true},
		"it lies":             {with: pusher{lies: true}, warned: true},
	} {
		t.Run(what, func(t *testing.T) {
			reg, addr := open(t)
			img := image(t)
			eng := c.with
			eng.store, eng.reg = storeOf(t, img), fresh(t)
			refs := severalNames(t, addr, c.another)
			if c.taken != "" {
				if _, err := reg.Push(t.Context(), image(t), addr+"/shop/orders"+c.taken); err != nil {
					t.Fatal(err)
				}
			}
			to := push.Image{ID: idOf(t, img), Refs: refs}
			if c.fixed != "" {
				to.Fixed = []string{addr + "/shop/orders" + c.fixed}
			}
			pushed, notes := once(t, &eng, reg, c.opts, to)
			want := digest(t, img)
			if c.byEngine {
				want = digest(t, itsOwn(img))
			}
			confirms(t, reg, refs, pushed, want)
			if exported := len(eng.exported) > 0; exported == c.byEngine {
				t.Errorf("exported: %t", exported)
			}
			warned := slices.ContainsFunc(notes, func(n string) bool { return strings.Contains(n, "the image is exported") })
			if warned != c.warned {
				t.Errorf("told %q", notes)
			}
		})
	}
}

// An image that is not the one that was to be pushed never keeps its name, and
// a name that is to stay is not moved: the engine is not asked.
func TestByEngineGoesWrong(t *testing.T) {
	t.Run("another image", func(t *testing.T) {
		reg, addr := open(t)
		img := image(t)
		eng := pusher{store: storeOf(t, img), reg: fresh(t), sends: image(t)}
		pushed, _ := once(t, &eng, reg, push.Options{}, push.Image{ID: idOf(t, img), Refs: []string{addr + "/shop/orders:1"}})
		if got := resolve(t, reg, addr+"/shop/orders:1"); got != digest(t, img) || pushed.Digest != got {
			t.Errorf("it is %s, told as %s, want %s", got, pushed.Digest, digest(t, img))
		}
	})
	t.Run("a fixed name", func(t *testing.T) {
		reg, addr := open(t)
		img := image(t)
		if _, err := reg.Push(t.Context(), image(t), addr+"/shop/orders:1.2"); err != nil {
			t.Fatal(err)
		}
		eng := pusher{store: storeOf(t, img), reg: fresh(t)}
		refs := []string{addr + "/shop/orders:main", addr + "/shop/orders:1.2"}
		once(t, &eng, reg, push.Options{}, push.Image{ID: idOf(t, img), Refs: refs, Fixed: refs[1:]})
		if len(eng.pushed) > 0 {
			t.Errorf("the engine pushed %v", eng.pushed)
		}
	})
	t.Run("called off", func(t *testing.T) {
		reg, addr := open(t)
		img := image(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		eng := pusher{store: storeOf(t, img), reg: fresh(t), fails: context.Canceled}
		_, err := push.Run(ctx, &eng, reg, push.Options{Images: []push.Image{{ID: idOf(t, img), Refs: []string{addr + "/shop/orders:1"}}}})
		if !errors.Is(err, context.Canceled) || len(eng.exported) > 0 {
			t.Errorf("error is %v, exported %v", err, eng.exported)
		}
	})
}
