package push_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/registry"
	"github.com/retort-ci/retort/pkg/step/push"
)

// sender is an engine on another machine.
type sender struct {
	*store
	reg   *registry.Client
	here  bool     // it is on this one
	made  v1.Image // in place of the image, when set
	fails error
	sent  []string // repositories
}

var _ engine.Sender = (*sender)(nil)

func (s *sender) Sends(context.Context, string) (bool, error) { return !s.here, nil }

func (s *sender) Send(ctx context.Context, id, repository string) (string, error) {
	s.sent = append(s.sent, repository)
	if s.fails != nil {
		return "", s.fails
	}
	img := s.made
	if img == nil {
		img = s.images[id]
	}
	// The registry has it by its digest alone.
	digest, err := img.Digest()
	if err != nil {
		return "", err
	}
	pushed, err := s.reg.Push(ctx, img, repository+"@"+digest.String())
	return pushed.Digest, err
}

// What was built elsewhere is sent from there where that can be done, and gets its
// names when it is what was to be sent. Else it goes by way of this machine.
func TestFromThere(t *testing.T) {
	for what, c := range map[string]struct {
		with   sender
		opts   push.Options
		other  bool // one name is in another registry
		sent   bool
		warned bool
	}{
		"from there":     {sent: true},
		"no gain":        {with: sender{here: true}},
		"a compression":  {opts: push.Options{Compression: engine.Compression{Algorithm: "gzip", Level: 1}}},
		"two registries": {other: true},
		"it cannot":      {with: sender{fails: errors.New("no route to host")}, warned: true},
		"another image":  {with: sender{made: image(t)}, warned: true},
	} {
		t.Run(what, func(t *testing.T) {
			reg, addr := open(t)
			img := image(t)
			eng := c.with
			eng.store, eng.reg = storeOf(t, img), fresh(t)
			refs := severalNames(t, addr, c.other)
			pushed, notes := once(t, &eng, reg, c.opts, push.Image{ID: idOf(t, img), Refs: refs})
			confirms(t, reg, refs, pushed, digest(t, img))
			if exported := len(eng.exported) > 0; exported == c.sent {
				t.Errorf("exported: %t", exported)
			}
			if want := []string{addr + "/shop/orders"}; c.sent && !slices.Equal(eng.sent, want) {
				t.Errorf("sent to %q, want %q", eng.sent, want)
			}
			warned := slices.ContainsFunc(notes, func(n string) bool { return strings.Contains(n, "by way of this machine") })
			if warned != c.warned {
				t.Errorf("told %q", notes)
			}
		})
	}
}
