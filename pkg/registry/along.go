package registry

import (
	"context"
	"errors"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sync/errgroup"

	"github.com/retort-ci/retort/pkg/progress"
)

// Along brings what refers to from (repository@digest) into a repository that
// has the digest already: what was signed or tested since it was brought there.
// What has been brought is not sent again.
func (c *Client) Along(ctx context.Context, from, repository string) error {
	src, err := c.parse(from)
	if err != nil {
		return err
	}
	dst, err := c.parseRepository(repository)
	if err != nil {
		return err
	}
	subject, ok := src.(name.Digest)
	if !ok {
		return badReference(from, errors.New("it names no digest"))
	}
	t := c.begin("take along what refers to " + show(src) + " into " + show(dst))
	err = c.takeAlong(ctx, t, subject, nil, dst, true)
	t.end(progress.Done, err)
	return err
}

// takeAlong brings what refers to subject into the repository dst, and of an
// index what refers to the manifests below it. Subject's manifest is nil where it
// is not at hand. Again, it asks first what is there.
func (c *Client) takeAlong(ctx context.Context, t *task, subject name.Digest, m *manifest, dst name.Repository, again bool) error {
	if subject.Context().Name() == dst.Name() {
		return nil
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return c.takeOwn(ctx, t, subject, dst, again) })
	group.Go(func() error { return c.takeBelow(ctx, t, subject, m, dst, maxDepth, again) })
	return group.Wait()
}

// takeOwn brings what refers to subject itself: by the referrers API or the
// fallback tag, whichever each side has, and by the tags under which cosign kept
// signatures before there was either.
func (c *Client) takeOwn(ctx context.Context, t *task, subject name.Digest, dst name.Repository, again bool) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return c.takeReferrers(ctx, t, subject, dst, maxDepth, again) })
	for _, suffix := range []string{".sig", ".att", ".sbom"} {
		group.Go(func() error { return c.takeTag(ctx, t, subject, suffix, dst) })
	}
	return group.Wait()
}

// takeBelow brings what refers to the manifests of an index: who signs the whole
// of it may sign each.
func (c *Client) takeBelow(ctx context.Context, t *task, index name.Digest, m *manifest, dst name.Repository, depth int, again bool) (err error) {
	if m == nil {
		m, err = c.get(ctx, index)
	}
	if errors.Is(err, ErrNotFound) {
		return nil // what refers to it may outlive it
	}
	if err != nil || !m.MediaType.IsIndex() || depth == 0 {
		return err
	}
	k, err := m.content()
	if err != nil {
		return c.explain(pulling("read index", index), err)
	}
	group, ctx := errgroup.WithContext(ctx)
	for _, child := range k.children() {
		subject := index.Context().Digest(child.Digest.String())
		group.Go(func() error { return c.takeOwn(ctx, t, subject, dst, again) })
		if child.MediaType.IsIndex() {
			group.Go(func() error { return c.takeBelow(ctx, t, subject, nil, dst, depth-1, again) })
		}
	}
	return group.Wait()
}

// takeReferrers brings the referrers of subject, and theirs.
func (c *Client) takeReferrers(ctx context.Context, t *task, subject name.Digest, dst name.Repository, depth int, again bool) error {
	index, err := c.referrers(ctx, subject)
	if err != nil || depth == 0 {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	for _, desc := range index.Manifests {
		group.Go(func() error { return c.takeReferrer(ctx, t, desc, subject, dst, depth-1, again) })
	}
	return group.Wait()
}

func (c *Client) takeReferrer(ctx context.Context, t *task, desc v1.Descriptor, subject name.Digest, dst name.Repository, depth int, again bool) error {
	from, to := subject.Context().Digest(desc.Digest.String()), dst.Digest(desc.Digest.String())
	if again {
		if now, err := c.current(ctx, to); err != nil {
			return err
		} else if now == desc.Digest {
			return c.takeReferrers(ctx, t, from, dst, depth, again)
		}
	}
	m, err := c.get(ctx, from)
	if errors.Is(err, ErrNotFound) {
		return nil // the fallback tag lists also what was deleted since
	}
	if err != nil {
		return err
	}
	if err := c.deliver(ctx, t, m, from.Context(), to); err != nil {
		return err
	}
	return c.takeReferrers(ctx, t, from, dst, depth, again)
}
