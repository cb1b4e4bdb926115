package registry

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// Resolve gives the descriptor (media type, size in bytes, digest) of the
// manifest that ref names now, in one request. The error wraps ErrNotFound when
// the registry has none, ErrReference when ref is no reference.
func (c *Client) Resolve(ctx context.Context, ref string) (v1.Descriptor, error) {
	parsed, err := c.parse(ref)
	if err != nil {
		return v1.Descriptor{}, err
	}
	return c.resolve(ctx, parsed)
}

// errPoorHead is for answers to HEAD that do not tell what they should.
var errPoorHead = errors.New("the registry's answer to HEAD does not tell what is there")

// resolve asks by HEAD; by GET, hashing what comes, where the registry's answer
// to HEAD lacks the digest or is not one.
func (c *Client) resolve(ctx context.Context, ref name.Reference) (v1.Descriptor, error) {
	var desc v1.Descriptor
	err := c.trying(ctx, pulling("resolve", ref), func() (err error) {
		desc, err = c.head(ctx, ref)
		return err
	})
	poor := errors.Is(err, errPoorHead) || status(err) == http.StatusMethodNotAllowed || status(err) == http.StatusNotImplemented
	if !poor || ctx.Err() != nil {
		return desc, err
	}
	m, err := c.get(ctx, ref)
	if err != nil {
		return v1.Descriptor{}, err
	}
	return v1.Descriptor{MediaType: m.MediaType, Size: m.Size, Digest: m.Digest}, nil
}

func (c *Client) head(ctx context.Context, ref name.Reference) (v1.Descriptor, error) {
	resp, err := c.do(ctx, manifestCall(http.MethodHead, ref, transport.PullScope))
	if err != nil {
		return v1.Descriptor{}, err
	}
	_ = resp.Body.Close()
	digest, err := v1.NewHash(resp.Header.Get(digestHeader))
	fixed, isFixed := ref.(name.Digest)
	mediaType := resp.Header.Get("Content-Type")
	if err != nil || mediaType == "" || resp.ContentLength < 0 || isFixed && fixed.DigestStr() != digest.String() {
		return v1.Descriptor{}, errPoorHead
	}
	return v1.Descriptor{MediaType: types.MediaType(mediaType), Size: resp.ContentLength, Digest: digest}, nil
}

// digestHeader is where registries tell the digest of what they answer about.
const digestHeader = "Docker-Content-Digest"

func manifestCall(method string, ref name.Reference, scope string) call {
	return call{
		method: method, repo: ref.Context(), path: "manifests/" + ref.Identifier(), scope: scope,
		header: http.Header{"Accept": accepted()}, want: []int{http.StatusOK},
	}
}

// get fetches the manifest's bytes; for a reference by digest they are checked
// against it, else against what the registry says their digest is.
func (c *Client) get(ctx context.Context, ref name.Reference) (*manifest, error) {
	var m *manifest
	err := c.trying(ctx, pulling("get", ref), func() (err error) {
		m, err = c.getOnce(ctx, ref)
		return err
	})
	return m, err
}

func (c *Client) getOnce(ctx context.Context, ref name.Reference) (*manifest, error) {
	resp, err := c.do(ctx, manifestCall(http.MethodGet, ref, transport.PullScope))
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := readManifest(resp.Body, resp.ContentLength)
	if err != nil {
		return nil, err
	}
	m := newManifest(types.MediaType(resp.Header.Get("Content-Type")), raw)
	want := resp.Header.Get(digestHeader)
	if fixed, ok := ref.(name.Digest); ok {
		want = fixed.DigestStr()
	}
	if want != "" && m.Digest.String() != want {
		return nil, fmt.Errorf("%w: %s bytes with the digest %s came as %s", ErrCorrupt, strconv.Itoa(len(raw)), m.Digest, want)
	}
	if m.Size > usualManifest {
		c.warn(fmt.Sprintf("%s has a manifest of %d bytes: many registries take %d at most", show(ref), m.Size, usualManifest))
	}
	return m, nil
}
