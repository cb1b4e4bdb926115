package registry

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// blob is bytes on their way into a repository. They can be opened again, and
// are never held whole.
type blob struct {
	digest v1.Hash         // zero when only reading it tells
	size   int64           // -1 then
	near   name.Repository // that has it in the same registry, where one is known
	open   func(ctx context.Context) (io.ReadCloser, error)
	fresh  bool      // sent without asking whether it is there
	late   lateLayer // set where the digest is known some time, and open can be called before
}

// known says whether the digest is known before the bytes are read.
func (b blob) known() bool { return b.digest != v1.Hash{} }

// blobOf is the blob that a repository has under the descriptor.
func (c *Client) blobOf(repo name.Repository, desc v1.Descriptor) blob {
	return blob{digest: desc.Digest, size: desc.Size, near: repo, open: func(ctx context.Context) (io.ReadCloser, error) {
		if desc.Data != nil && describe(desc.MediaType, desc.Data, nil).Digest == desc.Digest {
			return io.NopCloser(bytes.NewReader(desc.Data)), nil
		}
		return c.download(ctx, repo, desc)
	}}
}

// lateLayer is a layer that can be read, and more than once, while it is made.
// Its digest is known when that has ended; until then Digest fails with
// stream.ErrNotComputed. A layer of go-containerregistry's stream package is
// none: it can be read once.
type lateLayer interface {
	v1.Layer
	// Key names the bytes before their digest is known: the same bytes have it in
	// the next process too.
	Key() string
	// Begun waits until there is something to read, or nothing will come.
	Begun(ctx context.Context) error
	// Made waits until the digest is known.
	Made(ctx context.Context) error
}

// key names the blob, in this process and the next.
func (b blob) key() string {
	if b.late != nil {
		return b.late.Key()
	}
	return b.digest.String()
}

// learn takes digest and size of a late layer, if they are known by now.
func (b *blob) learn() error {
	if b.known() || b.late == nil {
		return nil
	}
	digest, err := b.late.Digest()
	if unread(err) {
		return nil
	}
	if err == nil {
		b.size, err = b.late.Size()
	}
	if err != nil {
		return fmt.Errorf("digest of a layer: %w", err)
	}
	b.digest = digest
	return nil
}

// wait is learn when there is something to learn.
func (b *blob) wait(ctx context.Context) error {
	if b.known() || b.late == nil {
		return nil
	}
	if err := b.late.Made(ctx); err != nil {
		return err
	}
	return b.learn()
}

// layerBlob is the blob of a layer, which may be one that a repository has.
func layerBlob(layer v1.Layer) (blob, error) {
	b := blob{size: -1, open: func(context.Context) (io.ReadCloser, error) { return layer.Compressed() }}
	if mountable, ok := layer.(*remote.MountableLayer); ok {
		b.near = mountable.Reference.Context()
	}
	b.late, _ = layer.(lateLayer)
	digest, err := layer.Digest()
	if unread(err) {
		return b, nil
	}
	if err != nil {
		return b, fmt.Errorf("digest of a layer: %w", err)
	}
	b.digest = digest
	if b.size, err = layer.Size(); err != nil {
		return b, fmt.Errorf("size of layer %s: %w", digest, err)
	}
	return b, nil
}

// checked reads what must have the digest and the size. The last bytes are not
// given before all are known to be right, so that nobody can take wrong bytes
// for a whole blob.
type checked struct {
	io.Reader
	want v1.Hash   // zero: nothing is compared
	size int64     // -1: as long as it goes
	sum  hash.Hash // nil: somebody else takes it; want is zero then
	read int64
}

func check(r io.Reader, want v1.Hash, size int64) *checked {
	return &checked{Reader: r, want: want, size: size, sum: sha256.New()}
}

func (r *checked) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	r.read += int64(n)
	if r.sum == nil {
		return n, err
	}
	_, _ = r.sum.Write(p[:n]) // never fails, see hash.Hash
	switch {
	case r.size < 0:
		return n, err
	case r.read > r.size:
		return 0, fmt.Errorf("%w: more than the %d bytes of %s", ErrCorrupt, r.size, r.want)
	case r.read == r.size && r.digest() != r.want:
		return 0, fmt.Errorf("%w: %d bytes came for %s and have the digest %s", ErrCorrupt, r.read, r.want, r.digest())
	case err == io.EOF && r.read < r.size:
		return n, fmt.Errorf("%w after %d of %d bytes of %s", io.ErrUnexpectedEOF, r.read, r.size, r.want)
	}
	return n, err
}

// digest is that of what was read so far.
func (r *checked) digest() v1.Hash {
	return v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(r.sum.Sum(nil))}
}
