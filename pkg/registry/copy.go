package registry

import (
	"context"
	"errors"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sync/errgroup"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/progress"
)

// Copied is the outcome of Copy.
type Copied struct {
	Source     string // repository@digest that was copied
	Repository string // of the destination, in full
	Ref        string // the destination as asked for, in full
	Digest     string // what Ref names now, as the registry confirmed
	Existed    bool   // Ref named the digest before; nothing was written
}

// CopyOptions are the choices of CopyWith.
type CopyOptions struct {
	// Referrers takes along what refers to the image, or to the index and the
	// images in it: evidence, signatures, SBOMs, and what refers to those.
	Referrers bool
}

// Copy makes dst name what src names now: an image or a whole index, with
// everything below it, by digest. Blobs are mounted within a registry and
// streamed between registries. Nothing is written where dst is found to name
// the digest already; see the package's documentation for when it is asked.
func (c *Client) Copy(ctx context.Context, src, dst string) (Copied, error) {
	return c.CopyWith(ctx, src, dst, CopyOptions{})
}

// CopyWith is Copy with a choice of what goes along.
func (c *Client) CopyWith(ctx context.Context, src, dst string, opts CopyOptions) (Copied, error) {
	refs, err := c.parseAll([]string{src, dst})
	if err != nil {
		return Copied{}, err
	}
	t := c.begin("copy " + show(refs[0]) + " to " + show(refs[1]))
	copied, err := c.copy(ctx, t, refs[0], refs[1], opts)
	status := progress.Done
	if copied.Existed {
		status = progress.Skipped
	}
	t.end(status, err)
	return copied, err
}

func (c *Client) copy(ctx context.Context, t *task, src, dst name.Reference, opts CopyOptions) (Copied, error) {
	m, digest, existed, err := c.compare(ctx, src, dst)
	if err != nil {
		return Copied{}, err
	}
	from := src.Context().Digest(digest.String())
	if fixed, ok := dst.(name.Digest); ok && fixed.DigestStr() != digest.String() {
		return Copied{}, fault.New(fault.Usage, "name the destination by a tag",
			"copy %s to %s: the source's digest is %s", show(src), show(dst), digest)
	}
	copied := Copied{
		Source: show(from), Repository: show(dst.Context()), Ref: show(dst), Digest: digest.String(), Existed: existed,
	}
	if !existed {
		if m == nil {
			if m, err = c.get(ctx, from); err != nil {
				return Copied{}, err
			}
		}
		if err := c.deliver(ctx, t, m, src.Context(), dst); err != nil {
			return Copied{}, err
		}
	}
	if opts.Referrers {
		err = c.takeAlong(ctx, t, from, m, dst.Context(), false)
	}
	return copied, err
}

// compare finds the source's digest and whether dst names it already, in as few
// requests as can tell. By digest, dst alone is asked. By tag, the source's
// manifest is fetched, which is needed anyway, while dst is asked; within one
// registry dst is not: a mount and a PUT that change nothing cost what the
// question costs.
func (c *Client) compare(ctx context.Context, src, dst name.Reference) (m *manifest, digest v1.Hash, existed bool, err error) {
	if _, ok := src.(name.Digest); ok {
		if digest, err = c.digest(ctx, src); err != nil {
			return nil, digest, false, err
		}
		now, err := c.current(ctx, dst)
		return nil, digest, now == digest, err
	}
	group, within := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		m, err = c.get(within, src)
		return err
	})
	var now v1.Hash
	if src.Context().RegistryStr() != dst.Context().RegistryStr() {
		group.Go(func() (err error) {
			now, err = c.current(within, dst)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, digest, false, err
	}
	return m, m.Digest, now == m.Digest, nil
}

// current is the digest that ref names, zero when it names none.
func (c *Client) current(ctx context.Context, ref name.Reference) (v1.Hash, error) {
	desc, err := c.resolve(ctx, ref)
	if errors.Is(err, ErrNotFound) {
		return v1.Hash{}, nil
	}
	return desc.Digest, err
}

// digest is what ref names, asked of the registry only for a tag.
func (c *Client) digest(ctx context.Context, ref name.Reference) (v1.Hash, error) {
	if fixed, ok := ref.(name.Digest); ok {
		hash, err := v1.NewHash(fixed.DigestStr())
		if err != nil {
			return hash, badReference(ref.Name(), err)
		}
		return hash, nil
	}
	desc, err := c.resolve(ctx, ref)
	return desc.Digest, err
}
