package registry

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/stream"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"golang.org/x/sync/errgroup"

	"github.com/retort-ci/retort/pkg/progress"
)

// Pushed is what a registry confirmed.
type Pushed struct {
	Repository string   // of the first reference, in full
	Digest     string   // "sha256:…", as the registry named it
	Refs       []string // every reference that names the digest now, in full
}

// Ref is repository@digest.
func (p Pushed) Ref() string { return p.Repository + "@" + p.Digest }

// Push sends img to every reference, which may be in several repositories and
// registries. A layer is sent once per registry, and not where the registry has
// it or can mount it. The digest given is the one that each registry confirmed,
// and the error wraps ErrMismatch when that is another one than img's.
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
	missing, err := c.without(ctx, img, refs)
	if err != nil {
		return Pushed{}, err
	}
	if err := c.depositImage(ctx, t, img, missing); err != nil {
		return Pushed{}, err
	}
	m, err := manifestOf(img) // known now even when layers were streamed
	if err != nil {
		return Pushed{}, fmt.Errorf("manifest of the pushed image: %w", err)
	}
	pushed := Pushed{Repository: show(refs[0].Context()), Digest: m.Digest.String()}
	for _, ref := range refs {
		pushed.Refs = append(pushed.Refs, show(ref))
	}
	return pushed, c.putAll(ctx, missing, m)
}

// without gives the references that do not name img yet.
func (c *Client) without(ctx context.Context, img documented, refs []name.Reference) ([]name.Reference, error) {
	want, err := img.Digest()
	if unread(err) {
		return refs, nil
	}
	if err != nil {
		return nil, fmt.Errorf("digest of the image: %w", err)
	}
	there := make([]bool, len(refs))
	group, ctx := errgroup.WithContext(ctx)
	for i, ref := range refs {
		group.Go(func() error {
			now, err := c.resolve(ctx, ref)
			there[i] = err == nil && now.Digest == want
			if errors.Is(err, ErrNotFound) {
				return nil
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	var missing []name.Reference
	for i, ref := range refs {
		if !there[i] {
			missing = append(missing, ref)
		}
	}
	return missing, nil
}

// unread is true for the digest of what is only known when it has been read.
func unread(err error) bool { return errors.Is(err, stream.ErrNotComputed) }

// putAll writes the manifest under every reference.
func (c *Client) putAll(ctx context.Context, refs []name.Reference, m *manifest) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, ref := range refs {
		group.Go(func() error { return c.put(ctx, ref, m) })
	}
	return group.Wait()
}

// documented is an image or an index.
type documented interface {
	RawManifest() ([]byte, error)
	MediaType() (types.MediaType, error)
	Digest() (v1.Hash, error)
}

// manifestOf gives the manifest of an image or an index.
func manifestOf(img documented) (*manifest, error) {
	raw, err := img.RawManifest()
	if err != nil {
		return nil, err
	}
	mediaType, err := img.MediaType()
	if err != nil {
		return nil, err
	}
	m := newManifest(mediaType, raw)
	digest, err := img.Digest()
	if err == nil && digest != m.Digest {
		err = fmt.Errorf("%w: the image says %s, its manifest has %s", ErrCorrupt, digest, m.Digest)
	}
	return m, err
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
