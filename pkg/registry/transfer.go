package registry

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"golang.org/x/sync/errgroup"

	"github.com/retort-ci/retort/pkg/fault"
)

// maxDepth is how deep indexes and referrers are followed. Nobody nests them so
// far; a registry that makes them up as it is asked would never end.
const maxDepth = 8

// deliver brings everything below the manifest from the repository to dst's,
// and then puts the manifest under dst.
func (c *Client) deliver(ctx context.Context, t *task, m *manifest, src name.Repository, dst name.Reference) error {
	if src.Name() == dst.Context().Name() {
		if _, err := m.content(); err != nil {
			return err
		}
		return c.put(ctx, dst, m)
	}
	err := c.deliverOnce(ctx, t, m, src, dst, maxDepth)
	if !coded(err, transport.ManifestBlobUnknownErrorCode, transport.BlobUnknownErrorCode) || ctx.Err() != nil {
		return err
	}
	// What this client has brought there is not there any more: the registry has
	// collected its garbage meanwhile.
	c.host(dst.Context()).blobs.forget(dst.Context().RepositoryStr())
	return c.deliverOnce(ctx, t, m, src, dst, maxDepth)
}

func (c *Client) deliverOnce(ctx context.Context, t *task, m *manifest, src name.Repository, dst name.Reference, depth int) error {
	if err := c.deliverBelow(ctx, t, m, src, dst.Context(), depth); err != nil {
		return err
	}
	return c.put(ctx, dst, m)
}

// deliverBelow brings what the manifest names: blobs and, of an index, the
// manifests with all that they name. No tag names any of it.
func (c *Client) deliverBelow(ctx context.Context, t *task, m *manifest, src, dst name.Repository, depth int) error {
	a := attempt{doing: "copy", ref: src.Digest(m.Digest.String()), repo: src, scope: transport.PullScope}
	k, err := m.content()
	if err != nil {
		return c.explain(a, err)
	}
	if depth == 0 {
		return c.explain(a, errors.New("its indexes are nested too deep"))
	}
	group, ctx := errgroup.WithContext(ctx)
	for _, desc := range k.blobs() {
		group.Go(func() error { return c.deposit(ctx, t, dst, c.blobOf(src, desc)) })
	}
	for _, child := range k.children() {
		group.Go(func() error { return c.deliverChild(ctx, t, child, src, dst, depth-1) })
	}
	return group.Wait()
}

// deliverChild brings one manifest of an index, if the repository lacks it.
func (c *Client) deliverChild(ctx context.Context, t *task, child v1.Descriptor, src, dst name.Repository, depth int) error {
	if schema1(child.MediaType) {
		_, err := (&manifest{Descriptor: child}).content()
		return err
	}
	ref := dst.Digest(child.Digest.String())
	if now, err := c.current(ctx, ref); err != nil || now == child.Digest {
		return err
	}
	m, err := c.get(ctx, src.Digest(child.Digest.String()))
	if err != nil {
		if errors.Is(err, ErrNotFound) {
			err = fault.Wrap(fault.Infrastructure, fmt.Errorf("the index is not whole: %w", err),
				"push it again: a part of it is missing in "+show(src))
		}
		return err
	}
	return c.deliverOnce(ctx, t, m, src, ref, depth)
}
