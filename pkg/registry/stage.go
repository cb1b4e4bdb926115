package registry

import (
	"context"
	"fmt"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sync/errgroup"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/progress"
)

// Staged is a digest that a repository holds with everything below it, ready
// for a tag to name it. Only Stage makes one that can be pointed at.
type Staged struct {
	Source     string // repository@digest that it came from
	Repository string // that holds it, in full
	Digest     string

	manifest *manifest
	at       name.Digest
}

// Ref is repository@digest.
func (s Staged) Ref() string { return s.Repository + "@" + s.Digest }

// StageOptions are the choices of Stage.
type StageOptions struct {
	NoReferrers bool // leave evidence, signatures and SBOMs behind
}

// Stage brings what from names into the repository, with everything below it
// and what refers to it, by digest: no tag is made or moved, so that several
// images can be brought before the first of them is seen. Calls may run at the
// same time: a blob that several images share is sent to a registry once.
func (c *Client) Stage(ctx context.Context, from, repository string, opts StageOptions) (Staged, error) {
	src, err := c.parse(from)
	if err != nil {
		return Staged{}, err
	}
	dst, err := c.parseRepository(repository)
	if err != nil {
		return Staged{}, err
	}
	t := c.begin("stage " + show(src) + " in " + show(dst))
	staged, err := c.stageIn(ctx, t, src, dst, opts)
	t.end(progress.Done, err)
	return staged, err
}

func (c *Client) stageIn(ctx context.Context, t *task, src name.Reference, dst name.Repository, opts StageOptions) (Staged, error) {
	group, within := errgroup.WithContext(ctx)
	fixed, known := src.(name.Digest)
	elsewhere := src.Context().Name() != dst.Name()
	if known && elsewhere && !opts.NoReferrers {
		group.Go(func() error { return c.takeOwn(within, t, fixed, dst, false) })
	}
	var staged Staged
	group.Go(func() error {
		m, err := c.get(within, src)
		if err != nil {
			return err
		}
		at := dst.Digest(m.Digest.String())
		from := src.Context().Digest(m.Digest.String())
		staged = Staged{Source: show(from), Repository: show(dst), Digest: m.Digest.String(), manifest: m, at: at}
		if !elsewhere {
			_, err = m.content()
			return err
		}
		if !opts.NoReferrers {
			group.Go(func() error { return c.takeBelow(within, t, from, m, dst, maxDepth, false) })
		}
		if err := c.deliver(within, t, m, src.Context(), at); err != nil || known || opts.NoReferrers {
			return err
		}
		return c.takeOwn(within, t, from, dst, false)
	})
	if err := group.Wait(); err != nil {
		return Staged{}, err
	}
	return staged, nil
}

// Point makes the tag of the staged image's repository name it, in one request:
// the registry's answer confirms the digest. The error wraps ErrImmutable where
// the registry lets no tag be moved.
func (c *Client) Point(ctx context.Context, staged Staged, tag string) (Copied, error) {
	if staged.manifest == nil {
		return Copied{}, fault.New(fault.Unexpected, "", "point %s at %s: it was not staged", tag, staged.Ref())
	}
	ref, err := c.tag(staged.at.Context(), tag)
	if err != nil {
		return Copied{}, err
	}
	if err := c.put(ctx, ref, staged.manifest); err != nil {
		return Copied{}, err
	}
	return Copied{Source: staged.Source, Repository: staged.Repository, Ref: show(ref), Digest: staged.Digest}, nil
}

// Confirm asks the registry whether ref names the digest. The error wraps
// ErrMismatch when it names another, ErrNotFound when it names none.
func (c *Client) Confirm(ctx context.Context, ref, digest string) error {
	parsed, err := c.parse(ref)
	if err != nil {
		return err
	}
	want, err := v1.NewHash(digest)
	if err != nil {
		return badReference(digest, err)
	}
	now, err := c.resolve(ctx, parsed)
	if err == nil && now.Digest != want {
		err = c.explain(pulling("confirm", parsed), fmt.Errorf("%w: it has %s, not %s", ErrMismatch, now.Digest, want))
	}
	return err
}
