package registry

import (
	"context"
	"errors"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sync/errgroup"
)

// takeAlong brings what refers to subject into the repository dst: by the
// referrers API or the fallback tag, whichever each side has, and by the tags
// under which cosign kept signatures before there was either.
func (c *Client) takeAlong(ctx context.Context, t *task, subject name.Digest, dst name.Repository) error {
	if subject.Context().Name() == dst.Name() {
		return nil
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return c.takeReferrers(ctx, t, subject, dst, maxDepth) })
	for _, suffix := range []string{".sig", ".att", ".sbom"} {
		group.Go(func() error { return c.takeTag(ctx, t, subject, suffix, dst) })
	}
	return group.Wait()
}

// takeReferrers brings the referrers of subject, and theirs.
func (c *Client) takeReferrers(ctx context.Context, t *task, subject name.Digest, dst name.Repository, depth int) error {
	index, err := c.referrers(ctx, subject)
	if err != nil || depth == 0 {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	for _, desc := range index.Manifests {
		group.Go(func() error { return c.takeReferrer(ctx, t, desc, subject, dst, depth-1) })
	}
	return group.Wait()
}

func (c *Client) takeReferrer(ctx context.Context, t *task, desc v1.Descriptor, subject name.Digest, dst name.Repository, depth int) error {
	from := subject.Context().Digest(desc.Digest.String())
	m, err := c.get(ctx, from)
	if errors.Is(err, ErrNotFound) {
		return nil // the fallback tag lists also what was deleted since
	}
	if err != nil {
		return err
	}
	if err := c.deliver(ctx, t, m, from.Context(), dst.Digest(desc.Digest.String())); err != nil {
		return err
	}
	return c.takeReferrers(ctx, t, from, dst, depth)
}

// takeTag brings what stands under the tag that is made of subject's digest.
func (c *Client) takeTag(ctx context.Context, t *task, subject name.Digest, suffix string, dst name.Repository) error {
	tag := strings.Replace(subject.DigestStr(), ":", "-", 1) + suffix
	from, err := c.tag(subject.Context(), tag)
	if err != nil {
		return err
	}
	to, err := c.tag(dst, tag)
	if err != nil {
		return err
	}
	m, err := c.get(ctx, from)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return c.deliver(ctx, t, m, subject.Context(), to)
}
