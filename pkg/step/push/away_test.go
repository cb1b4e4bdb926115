package push_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/registry"
	"github.com/retort-ci/retort/pkg/step/push"
)

// failing is a registry of which one call gives an error, for a host.
type failing struct {
	*registry.Client
	call, host string
	err        error
	failed     int
}

func (f *failing) fails(call, ref string) error {
	if call != f.call || !strings.HasPrefix(ref, f.host) {
		return nil
	}
	f.failed++
	return f.err
}

func (f *failing) Image(ctx context.Context, ref string, platform *v1.Platform) (v1.Image, error) {
	if err := f.fails("image", ref); err != nil {
		return nil, err
	}
	return f.Client.Image(ctx, ref, platform)
}

func (f *failing) Resolve(ctx context.Context, ref string) (v1.Descriptor, error) {
	if err := f.fails("resolve", ref); err != nil {
		return v1.Descriptor{}, err
	}
	return f.Client.Resolve(ctx, ref)
}

func (f *failing) Layers(ctx context.Context, ref string, platform *v1.Platform) (map[v1.Hash]v1.Layer, error) {
	if err := f.fails("layers", ref); err != nil {
		return nil, err
	}
	return f.Client.Layers(ctx, ref, platform)
}

func (f *failing) Held(ctx context.Context, hint registry.Hint, refs ...string) (v1.Layer, error) {
	if err := f.fails("held", refs[0]); err != nil {
		return nil, err
	}
	return f.Client.Held(ctx, hint, refs...)
}

// A registry that has been waited for in vain is not waited for by the next way
// too; one that refuses an answer, or a base's that is away, leaves other ways.
func TestAwayIsWaitedForOnce(t *testing.T) {
	away := &transport.Error{StatusCode: http.StatusServiceUnavailable}
	refused := &transport.Error{StatusCode: http.StatusForbidden}
	for what, c := range map[string]struct {
		call string
		err  error
		next bool // the next image of the repository is pushed, not the same
		base bool // it is the base's registry, which is another
		ends bool
	}{
		"remembered":            {call: "image", err: away, ends: true},
		"refused remembered":    {call: "image", err: refused},
		"lost remembered":       {call: "image", err: registry.ErrNotFound},
		"layers' image":         {call: "image", err: away, next: true, ends: true},
		"layers":                {call: "held", err: away, next: true, ends: true},
		"refused layers":        {call: "held", err: refused, next: true},
		"fixed names":           {call: "resolve", err: away, next: true, ends: true},
		"refused names":         {call: "resolve", err: refused, next: true},
		"bases":                 {call: "layers", err: away, next: true, ends: true},
		"refused bases":         {call: "layers", err: refused, next: true},
		"another's bases":       {call: "layers", err: away, next: true, base: true},
		"refused another bases": {call: "layers", err: refused, next: true, base: true},
	} {
		t.Run(what, func(t *testing.T) {
			reg, addr := open(t)
			_, other := serving(t)
			shared, err := random.Layer(64, types.OCILayer)
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			img := imageOf(t, keyed{Layer: shared})
			once(t, storeOf(t, img), reg, push.Options{CacheDir: dir}, push.Image{ID: idOf(t, img), Refs: []string{addr + "/shop/orders:1"}})
			if c.next {
				img = below(t, engine.Compression{}, keyed{Layer: shared})
			}
			base := engine.Base{Name: "base", Ref: addr + "/library/base", Digest: digest(t, img)}
			f := &failing{Client: fresh(t), call: c.call, host: addr, err: c.err}
			if c.base {
				base.Ref, f.host = other+"/library/base", other
			}
			again := base
			again.Ref += "2"
			eng := &pusher{store: storeOf(t, img), reg: fresh(t), unsent: 300}
			refs := []string{addr + "/shop/orders:2"}
			_, err = push.Run(t.Context(), eng, f, push.Options{TempDir: t.TempDir(), CacheDir: dir, Images: []push.Image{{
				ID: idOf(t, img), Refs: refs, Fixed: refs, Bases: []engine.Base{base, again},
			}}})
			if c.ends != errors.Is(err, c.err) || !c.ends && err != nil {
				t.Errorf("error is %v", err)
			}
			if f.failed == 0 || errors.Is(c.err, away) && f.failed > 1 {
				t.Errorf("it was asked %d times", f.failed)
			}
		})
	}
}
