package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// download gives the blob's bytes as the registry sends them. Where the
// connection ends early it goes on with the rest; the whole is checked against
// the digest.
func (c *Client) download(ctx context.Context, repo name.Repository, desc v1.Descriptor) (io.ReadCloser, error) {
	a := pulling("read blob", repo.Digest(desc.Digest.String()))
	d := &download{
		patience: c.patience(a),
		open:     func(from int64) (io.ReadCloser, error) { return c.openAt(ctx, repo, desc, from) },
		wait:     func(p *patience, err error) error { return p.wait(ctx, err) },
		explain:  func(err error) error { return c.explain(a, err) },
	}
	err := c.trying(ctx, a, func() (err error) {
		d.body, err = d.open(0)
		return err
	})
	return &whole{check(d, desc.Digest, desc.Size), d}, err
}

// whole is a download that is checked. Wrong bytes are told as those of its
// registry, whoever reads them to write them to another.
type whole struct {
	*checked
	*download
}

func (w *whole) Read(p []byte) (int, error) {
	n, err := w.checked.Read(p)
	if errors.Is(err, ErrCorrupt) {
		err = w.explain(err)
	}
	return n, err
}

// download reads a blob and opens it again where it broke off.
type download struct {
	patience *patience
	open     func(from int64) (io.ReadCloser, error)
	wait     func(p *patience, err error) error
	explain  func(error) error

	body io.ReadCloser // nil when it must be opened
	at   int64
	done error
}

func (d *download) Read(p []byte) (int, error) {
	for d.done == nil {
		n, err := d.step(p)
		if n > 0 {
			d.at += int64(n)
			d.patience.gotOn()
			return n, nil
		}
		if err == io.EOF { //nolint:errorlint // io.Reader gives io.EOF itself
			d.done = err
		} else if err != nil {
			_ = d.Close()
			d.done = d.explain(d.wait(d.patience, err))
		}
	}
	return 0, d.done
}

func (d *download) step(p []byte) (n int, err error) {
	if d.body == nil {
		if d.body, err = d.open(d.at); err != nil {
			d.body = nil
			return 0, err
		}
	}
	return d.body.Read(p)
}

// Close gives the connection back.
func (d *download) Close() error {
	if d.body == nil {
		return nil
	}
	body := d.body
	d.body = nil
	return body.Close()
}

// openAt asks for the blob from there on.
func (c *Client) openAt(ctx context.Context, repo name.Repository, desc v1.Descriptor, from int64) (io.ReadCloser, error) {
	k := call{
		method: http.MethodGet, repo: repo, path: "blobs/" + desc.Digest.String(), scope: transport.PullScope,
		header: http.Header{}, want: []int{http.StatusOK},
	}
	if from > 0 {
		k.header.Set("Range", fmt.Sprintf("bytes=%d-%d", from, desc.Size-1))
		k.want = append(k.want, http.StatusPartialContent)
	}
	resp, err := c.do(ctx, k)
	if err != nil {
		return nil, err
	}
	if from > 0 && resp.StatusCode == http.StatusOK { // it does not know ranges
		if _, err := io.CopyN(io.Discard, resp.Body, from); err != nil {
			_ = resp.Body.Close()
			return nil, err
		}
	}
	return resp.Body, nil
}
