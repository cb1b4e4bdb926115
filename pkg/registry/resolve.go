package registry

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// Resolve gives the descriptor (media type, size in bytes, digest) of the
// manifest that ref names now. The error wraps ErrNotFound when the registry
// has none, ErrReference when ref is no reference.
func (c *Client) Resolve(ctx context.Context, ref string) (v1.Descriptor, error) {
	parsed, err := c.parse(ref)
	if err != nil {
		return v1.Descriptor{}, err
	}
	return c.resolve(ctx, parsed)
}

// resolve asks by HEAD; by GET, hashing what comes, where the registry's answer
// to HEAD lacks the digest or is not one.
func (c *Client) resolve(ctx context.Context, ref name.Reference) (v1.Descriptor, error) {
	puller, err := c.puller()
	if err != nil {
		return v1.Descriptor{}, err
	}
	desc, err := puller.Head(ctx, ref)
	if err == nil {
		return *desc, nil
	}
	if !headUnusable(err) || ctx.Err() != nil {
		return v1.Descriptor{}, c.explain(pulling("resolve", ref), err)
	}
	got, err := c.get(ctx, ref)
	if err != nil {
		return v1.Descriptor{}, err
	}
	return v1.Descriptor{MediaType: got.MediaType, Size: got.Size, Digest: got.Digest}, nil
}

// headUnusable says whether GET can do better than the HEAD that failed so. The
// library has no type for a missing header, but has types for all the rest.
func headUnusable(err error) bool {
	if answer, ok := errors.AsType[*transport.Error](err); ok {
		return answer.StatusCode == http.StatusMethodNotAllowed || answer.StatusCode == http.StatusNotImplemented
	}
	_, network := errors.AsType[*url.Error](err)
	return !network && !ours(err)
}

// get fetches the manifest's bytes; for a reference by digest they are checked
// against it.
func (c *Client) get(ctx context.Context, ref name.Reference) (*remote.Descriptor, error) {
	puller, err := c.puller()
	if err != nil {
		return nil, err
	}
	desc, err := puller.Get(ctx, ref)
	return desc, c.explain(pulling("get", ref), err)
}
