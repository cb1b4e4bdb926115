package registry

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/retort-ci/retort/pkg/fault"
)

// put writes one manifest's exact bytes under ref. The registry confirms it: by
// the digest in its answer, or, where it gives none, when ref is read back.
func (c *Client) put(ctx context.Context, ref name.Reference, m *manifest) error {
	told, err := c.write(ctx, ref, m)
	if err != nil {
		return err
	}
	if told.Get(digestHeader) != m.Digest.String() {
		if err := c.readBack(ctx, ref, m.Digest); err != nil {
			return err
		}
	}
	return c.listed(ctx, ref, m, told)
}

// write puts the manifest and gives the header of the registry's answer.
func (c *Client) write(ctx context.Context, ref name.Reference, m *manifest) (told http.Header, err error) {
	err = c.trying(ctx, pushing("put manifest", ref), func() (err error) {
		told, err = c.putOnce(ctx, ref, m)
		return err
	})
	if err == nil {
		return told, nil
	}
	if err = c.immutable(ctx, ref, m, err); err == nil {
		told = http.Header{digestHeader: {m.Digest.String()}}
	}
	return told, err
}

func (c *Client) putOnce(ctx context.Context, ref name.Reference, m *manifest) (http.Header, error) {
	k := manifestCall(http.MethodPut, ref, transport.PushScope)
	k.header = http.Header{"Content-Type": {string(m.MediaType)}}
	k.body, k.size = func() io.ReadCloser { return io.NopCloser(bytes.NewReader(m.raw)) }, m.Size
	k.want = []int{http.StatusCreated, http.StatusOK, http.StatusAccepted}
	resp, err := c.do(ctx, k)
	if err != nil {
		return nil, err
	}
	_ = resp.Body.Close()
	return resp.Header, nil
}

// readBack asks what ref names and compares it with what it should.
func (c *Client) readBack(ctx context.Context, ref name.Reference, want v1.Hash) error {
	got, err := c.resolve(ctx, ref)
	if err == nil && got.Digest != want {
		err = c.explain(pulling("read back", ref), fmt.Errorf("%w: it has %s, %s was written", ErrMismatch, got.Digest, want))
	}
	return err
}

// immutable looks at a refusal to write ref. Registries refuse to move a tag in
// their own ways: 400 (ECR, Artifact Registry), 403, 405 (ACR), 409 (Quay), 412
// (Harbor). A tag that names the digest already is as it should be, whatever
// the answer was.
func (c *Client) immutable(ctx context.Context, ref name.Reference, m *manifest, refusal error) error {
	tag, ok := ref.(name.Tag)
	switch status(refusal) {
	case http.StatusBadRequest, http.StatusForbidden, http.StatusMethodNotAllowed, http.StatusConflict, http.StatusPreconditionFailed:
	default:
		ok = false
	}
	if !ok || coded(refusal, transport.ManifestBlobUnknownErrorCode, transport.DigestInvalidErrorCode) {
		return refusal
	}
	now, err := c.head(ctx, ref)
	switch {
	case err != nil:
		return refusal
	case now.Digest == m.Digest:
		return nil
	case !aboutTag(refusal):
		return refusal
	}
	return fault.Wrap(fault.Infrastructure, fmt.Errorf("put manifest %s: %w: it names %s: %w", show(ref), ErrImmutable, now.Digest, plain(refusal)),
		"registry "+showHost(tag.Context().Registry)+" lets no tag of this repository be moved: choose another tag, or allow it there")
}

// aboutTag says whether a refusal is about the tag more than about the client.
func aboutTag(refusal error) bool {
	switch status(refusal) {
	case http.StatusConflict, http.StatusPreconditionFailed:
		return true
	}
	answer, _ := errors.AsType[*transport.Error](refusal)
	for _, d := range answer.Errors {
		if tagWords.MatchString(string(d.Code) + " " + d.Message) {
			return true
		}
	}
	return false
}

// plain is the registry's answer without what was made of it.
func plain(err error) error {
	if answer, ok := errors.AsType[*transport.Error](err); ok {
		return answer
	}
	return err
}
