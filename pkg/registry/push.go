package registry

import (
	"context"
	"fmt"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"golang.org/x/sync/errgroup"

	"github.com/retort-ci/retort/pkg/progress"
)

// Pushed is what a registry confirmed.
type Pushed struct {
	Repository string   // of the first reference, in full
	Digest     string   // "sha256:…", as the registry named it when it was read back
	Refs       []string // every reference that names the digest now, in full
}

// Ref is repository@digest.
func (p Pushed) Ref() string { return p.Repository + "@" + p.Digest }

// Push sends img to every reference, which may be in several repositories and
// registries. A layer is sent once per repository, and not where the registry
// has it or can mount it. Every reference is then read back: the digest given
// is the one that the registry confirmed, and the error wraps ErrMismatch when
// that is another one than img's.
func (c *Client) Push(ctx context.Context, img v1.Image, refs ...string) (Pushed, error) {
	parsed, err := c.parseAll(refs)
	if err != nil {
		return Pushed{}, err
	}
	t := c.begin("push " + show(parsed[0].Context()))
	t.expect(size(img))
	pushed, err := c.push(ctx, t, img, parsed)
	t.end(progress.Done, err)
	return pushed, err
}

func (c *Client) push(ctx context.Context, t *task, img v1.Image, refs []name.Reference) (Pushed, error) {
	pusher, err := c.newPusher(t)
	if err != nil {
		return Pushed{}, err
	}
	group, within := errgroup.WithContext(ctx)
	group.SetLimit(c.jobs)
	for _, ref := range refs {
		group.Go(func() error {
			return c.explain(pushing("push", ref), pusher.Push(within, ref, img))
		})
	}
	if err := group.Wait(); err != nil {
		return Pushed{}, err
	}
	digest, err := img.Digest() // known now even when layers were streamed
	if err != nil {
		return Pushed{}, fmt.Errorf("digest of the pushed image: %w", err)
	}
	return c.confirm(ctx, digest, refs)
}

// put writes one manifest's exact bytes under ref.
func (c *Client) put(ctx context.Context, pusher *remote.Pusher, ref name.Reference, manifest remote.Taggable) error {
	return c.explain(pushing("put manifest", ref), pusher.Put(ctx, ref, manifest))
}

// confirm reads every reference back and compares its digest.
func (c *Client) confirm(ctx context.Context, want v1.Hash, refs []name.Reference) (Pushed, error) {
	pushed := Pushed{Repository: show(refs[0].Context()), Digest: want.String()}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(c.jobs)
	for _, ref := range refs {
		pushed.Refs = append(pushed.Refs, show(ref))
		group.Go(func() error {
			got, err := c.resolve(ctx, ref)
			if err == nil && got.Digest != want {
				err = fmt.Errorf("%w: it has %s, %s was written", ErrMismatch, got.Digest, want)
			}
			return c.explain(pulling("read back", ref), err)
		})
	}
	if err := group.Wait(); err != nil {
		return Pushed{}, err
	}
	return pushed, nil
}

// size is what a push of img moves at most, in bytes; 0 when that is not known.
func size(img v1.Image) int64 {
	manifest, err := img.Manifest()
	if err != nil {
		return 0
	}
	total := manifest.Config.Size
	for _, layer := range manifest.Layers {
		total += layer.Size
	}
	return total
}
