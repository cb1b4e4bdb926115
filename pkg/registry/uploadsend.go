package registry

import (
	"context"
	"fmt"
	"io"
	"net/http"
)

// opened is a blob's bytes, or why there are none.
type opened struct {
	body io.ReadCloser
	err  error
}

func (o opened) close() {
	if o.err == nil {
		_ = o.body.Close()
	}
}

// openAhead opens the blob while the upload is begun: each may be a request.
func (u *upload) openAhead(ctx context.Context) <-chan opened {
	source := make(chan opened, 1)
	go func() {
		body, err := u.blob.open(ctx)
		source <- opened{body, err}
	}()
	return source
}

// send reads the blob from its beginning, skips what the registry has, sends
// the rest and commits it.
func (u *upload) send(ctx context.Context, source opened) error {
	if source.err != nil {
		return source.err
	}
	defer source.close()
	r := check(source.body, u.blob.digest, u.blob.size)
	if u.offset > 0 {
		u.resumed = true
		if _, err := io.CopyN(io.Discard, r, u.offset); err != nil {
			return err
		}
	}
	rest := u.blob.size - u.offset
	if u.blob.known() && rest <= oneGo {
		return u.commit(ctx, r, rest)
	}
	if u.blob.late != nil && !u.blob.known() {
		r.sum = nil
	}
	if err := u.patches(ctx, r); err != nil {
		return err
	}
	if err := u.takeDigest(ctx, r); err != nil {
		return err
	}
	return u.commit(ctx, nil, 0)
}

// takeDigest is of all that was read. Who makes a late layer has taken it while
// writing; that the same was read, the registry finds out at the commit.
func (u *upload) takeDigest(ctx context.Context, r *checked) error {
	if r.sum != nil {
		u.digest = r.digest()
		return nil
	}
	err := u.blob.wait(ctx)
	u.digest = u.blob.digest
	return err
}

// patches sends all that is left to read: at once, or by chunks after a
// failure.
func (u *upload) patches(ctx context.Context, r *checked) error {
	if !u.blob.known() {
		return u.patch(ctx, r, -1)
	}
	for u.offset < u.blob.size {
		n := u.blob.size - u.offset
		if u.broken {
			n = min(n, chunk)
		}
		if err := u.patch(ctx, r, n); err != nil {
			return err
		}
	}
	return nil
}

// patch sends the next n bytes, -1 for all there are.
func (u *upload) patch(ctx context.Context, r *checked, n int64) error {
	k := uploadCall(http.MethodPatch, u.repo)
	k.at, k.want = u.at, []int{http.StatusAccepted, http.StatusNoContent, http.StatusCreated}
	resp, err := u.lend(ctx, k, r, n) //nolint:bodyclose // closed by whoever reads the answer
	if err != nil {
		return err
	}
	u.offset = r.read
	u.renewed = false
	next, err := locationOf(resp)
	if err != nil {
		return err
	}
	u.at = next
	told, ok := rangeEnd(resp)
	if ok && told != u.offset && u.offset < u.blob.size {
		return fmt.Errorf("%w: it was sent %d bytes and says %d", errGarbled, u.offset, told)
	}
	u.journal.keep(u.repo, u.blob, next)
	return nil
}

// commit ends the upload, with the last n bytes.
func (u *upload) commit(ctx context.Context, r *checked, n int64) error {
	k := uploadCall(http.MethodPut, u.repo)
	k.want = []int{http.StatusCreated, http.StatusNoContent}
	at := *u.at
	query := at.Query()
	query.Set("digest", u.digest.String())
	at.RawQuery = query.Encode()
	k.at = &at
	resp, err := u.lend(ctx, k, r, n) //nolint:bodyclose // closed by whoever reads the answer
	if err != nil {
		return err
	}
	if told := resp.Header.Get(digestHeader); told != "" && told != u.digest.String() {
		return fmt.Errorf("%w: %s was committed, it says %s", ErrMismatch, u.digest, told)
	}
	return nil
}
