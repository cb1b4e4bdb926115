package registry

import (
	"context"
	"net/http"
	"net/url"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"golang.org/x/sync/errgroup"

	"github.com/retort-ci/retort/pkg/progress"
)

// depositAll brings the blobs into the repository, at once.
func (c *Client) depositAll(ctx context.Context, t *task, repo name.Repository, blobs []blob) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, b := range blobs {
		group.Go(func() error { return c.deposit(ctx, t, repo, b) })
	}
	return group.Wait()
}

// deposit brings one blob into the repository by the cheapest way that is left:
// nothing, when it was brought there before; a mount, when any repository of
// the registry is known to have it; else its bytes.
func (c *Client) deposit(ctx context.Context, t *task, repo name.Repository, b blob) error {
	h := c.host(repo)
	if !b.known() {
		return c.depositUnread(ctx, t, repo, b)
	}
	if b.near.RegistryStr() == repo.RegistryStr() && b.near.RepositoryStr() != "" {
		h.blobs.add(b.digest, b.near.RepositoryStr())
	}
	known, err := h.blobs.claim(ctx, b.digest, repo.RepositoryStr())
	switch {
	case err != nil:
		return err
	case known.has:
		t.blob(b.digest.String(), progress.Skipped)
		return nil
	case known.from != "":
		err = c.mountOr(ctx, t, repo, known.from, b)
	default:
		err = c.missing(ctx, t, repo, b, nil)
	}
	if known.end != nil {
		known.end(err == nil)
	} else if err == nil {
		h.blobs.add(b.digest, repo.RepositoryStr())
	}
	return err
}

// depositUnread sends a blob whose digest only reading it tells. A late layer
// that is being sent to this registry already is waited for, to be mounted.
func (c *Client) depositUnread(ctx context.Context, t *task, repo name.Repository, b blob) error {
	h := c.host(repo)
	sent := func(bool) {}
	if b.late != nil {
		known, err := h.blobs.claim(ctx, v1.Hash{Algorithm: "key", Hex: b.key()}, repo.RepositoryStr())
		if err != nil {
			return err
		}
		if known.end == nil {
			if err := b.wait(ctx); err != nil {
				return err
			}
			return c.deposit(ctx, t, repo, b)
		}
		sent = known.end
	}
	digest, err := c.upload(ctx, t, repo, b, nil)
	if err == nil {
		h.blobs.add(digest, repo.RepositoryStr())
	}
	sent(err == nil)
	return err
}

// mountOr mounts the blob from another repository. A registry that does not,
// begins an upload instead, which is gone on with.
func (c *Client) mountOr(ctx context.Context, t *task, repo name.Repository, from string, b blob) error {
	source := repo.Registry.Repo(from)
	location, mounted, err := c.mount(ctx, repo, source, b.digest)
	if err != nil {
		return err
	}
	if mounted {
		t.blob(b.digest.String(), progress.Mounted)
		return nil
	}
	return c.missing(ctx, t, repo, b, location)
}

// mount asks for the blob of another repository. It gives the location of an
// upload where the registry began one instead, and neither where it refused.
func (c *Client) mount(ctx context.Context, repo, from name.Repository, digest v1.Hash) (location *url.URL, mounted bool, err error) {
	k := uploadCall(http.MethodPost, repo)
	k.path, k.from = "blobs/uploads/", &from
	k.query = url.Values{"mount": {digest.String()}, "from": {from.RepositoryStr()}}
	k.want = []int{http.StatusCreated, http.StatusAccepted}
	var resp *http.Response
	err = c.trying(ctx, pushing("mount into", repo.Digest(digest.String())), func() (err error) {
		resp, err = c.do(ctx, k) //nolint:bodyclose // closed by whoever reads the answer
		return err
	})
	if code := status(err); code >= http.StatusBadRequest && code < http.StatusInternalServerError && code != http.StatusTooManyRequests {
		return nil, false, nil // it may not know the other repository, or mounts at all
	}
	if err != nil {
		return nil, false, err
	}
	_ = resp.Body.Close()
	if resp.StatusCode == http.StatusCreated {
		return nil, true, nil
	}
	location, err = locationOf(resp)
	return location, false, err
}

// missing sends the blob unless the repository has it after all. Only blobs that
// could not be mounted come here, so the question is asked of few.
func (c *Client) missing(ctx context.Context, t *task, repo name.Repository, b blob, begun *url.URL) error {
	if !b.fresh {
		has, err := c.hasBlob(ctx, repo, transport.PushScope, b.digest, b.size)
		if err != nil {
			return err
		}
		if has {
			t.blob(b.digest.String(), progress.Skipped)
			return nil
		}
	}
	_, err := c.upload(ctx, t, repo, b, begun)
	return err
}

// hasBlob asks whether the repository has the blob, of the right size.
func (c *Client) hasBlob(ctx context.Context, repo name.Repository, scope string, digest v1.Hash, size int64) (bool, error) {
	k := call{
		method: http.MethodHead, repo: repo, path: "blobs/" + digest.String(), scope: scope,
		want: []int{http.StatusOK, http.StatusNotFound},
	}
	var resp *http.Response
	a := attempt{doing: "look for", ref: repo.Digest(digest.String()), repo: repo, scope: scope}
	err := c.trying(ctx, a, func() (err error) {
		resp, err = c.do(ctx, k) //nolint:bodyclose // closed by whoever reads the answer
		return err
	})
	if err != nil {
		return false, err
	}
	_ = resp.Body.Close()
	fits := resp.ContentLength < 0 || size < 0 || resp.ContentLength == size
	return resp.StatusCode == http.StatusOK && fits, nil
}
