package registry

import (
	"context"
	"fmt"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/hashicorp/go-multierror"

	"github.com/retort-ci/retort/pkg/internal/many"
)

// Whole says whether the repository has all of what ref names: the manifest, of
// an index every manifest below it, and every blob with its size, asked for at
// the same time. The error names everything that is missing and wraps
// ErrNotFound.
func (c *Client) Whole(ctx context.Context, ref string) error {
	parsed, err := c.parse(ref)
	if err != nil {
		return err
	}
	return c.whole(ctx, parsed, maxDepth)
}

func (c *Client) whole(ctx context.Context, ref name.Reference, depth int) error {
	m, err := c.get(ctx, ref)
	if err != nil {
		return err
	}
	k, err := m.content()
	if err != nil || depth == 0 {
		return c.explain(pulling("check", ref), err)
	}
	var checks multierror.Group
	for _, desc := range k.blobs() {
		checks.Go(func() error { return c.holds(ctx, ref.Context(), desc) })
	}
	for _, child := range k.children() {
		checks.Go(func() error { return c.whole(ctx, ref.Context().Digest(child.Digest.String()), depth-1) })
	}
	return many.Errors(checks.Wait())
}

// holds says whether the repository has the blob.
func (c *Client) holds(ctx context.Context, repo name.Repository, desc v1.Descriptor) error {
	a := pulling("look for", repo.Digest(desc.Digest.String()))
	has, err := c.hasBlob(ctx, repo, a.scope, desc.Digest, desc.Size)
	if err == nil && !has {
		err = fmt.Errorf("blob %s of %d bytes: %s: %w", show(a.ref), desc.Size, a.where(), ErrNotFound)
	}
	return err
}
