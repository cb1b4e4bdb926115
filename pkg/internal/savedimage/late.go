package savedimage

import (
	"context"
	"crypto/sha256"
	"errors"
	"hash"
	"io"
	"os"
	"sync"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/stream"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/retort-ci/retort/pkg/engine"
)

// late is a layer on disk that can be read while it is compressed: several
// uploads follow the file as it grows, and one that was broken reads it again.
// Its digest is known when its last byte is written.
type late struct {
	path   string
	diffID v1.Hash
	how    engine.Compression

	mu     sync.Mutex
	grown  *sync.Cond
	size   int64
	ended  bool
	err    error // why it ended early
	sum    hash.Hash
	digest v1.Hash
}

var _ v1.Layer = (*late)(nil)

func newLate(path string, diffID v1.Hash, how engine.Compression) *late {
	l := &late{path: path, diffID: diffID, how: how.OrDefault(), sum: sha256.New()}
	l.grown = sync.NewCond(&l.mu)
	return l
}

// Key names the bytes before their digest is known.
func (l *late) Key() string { return l.how.Key(l.diffID) }

// Begun waits until there is something to read, or nothing will come.
func (l *late) Begun(ctx context.Context) error {
	return l.wait(ctx, func() bool { return l.size > 0 || l.ended })
}

// Made waits until the digest is known.
func (l *late) Made(ctx context.Context) error {
	return l.wait(ctx, func() bool { return l.ended })
}

// wait gives why the layer ended early, if it did, once it is there.
func (l *late) wait(ctx context.Context, there func() bool) error {
	defer l.wakeAt(ctx)()
	l.mu.Lock()
	defer l.mu.Unlock()
	for !there() && ctx.Err() == nil {
		l.grown.Wait()
	}
	if !there() {
		return context.Cause(ctx)
	}
	return l.err
}

// wakeAt sees to it that who waits looks at ctx when that ends.
func (l *late) wakeAt(ctx context.Context) (stop func()) {
	end := context.AfterFunc(ctx, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.grown.Broadcast()
	})
	return func() { end() }
}

// Digest is of the compressed bytes.
func (l *late) Digest() (v1.Hash, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.digest, l.computed()
}

// Size is of the compressed bytes.
func (l *late) Size() (int64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.size, l.computed()
}

func (l *late) computed() error {
	if !l.ended {
		return stream.ErrNotComputed
	}
	return l.err
}

// DiffID is of the uncompressed bytes.
func (l *late) DiffID() (v1.Hash, error) { return l.diffID, nil }

// MediaType is an OCI one: image-spec v1.1, layer.md.
func (l *late) MediaType() (types.MediaType, error) {
	if l.how.Algorithm == "zstd" {
		return types.OCILayerZStd, nil
	}
	return types.OCILayer, nil
}

// Compressed reads from the first byte on, at the pace at which they come.
func (l *late) Compressed() (io.ReadCloser, error) {
	in, err := os.Open(l.path)
	if errors.Is(err, os.ErrNotExist) {
		// It waits for its turn; its first byte would be waited for as well.
		return &follower{layer: l}, nil
	}
	if err != nil {
		return nil, err
	}
	return &follower{layer: l, in: in}, nil
}

// Uncompressed reads the layer as it was saved.
func (l *late) Uncompressed() (io.ReadCloser, error) {
	packed, err := l.Compressed()
	if err != nil {
		return nil, err
	}
	media, _ := l.MediaType() // never fails
	plain, err := decompress(packed, media)
	if err != nil {
		return nil, errors.Join(err, packed.Close())
	}
	return plainReader{plain, packed}, nil
}

// plainReader closes both.
type plainReader struct {
	io.ReadCloser
	packed io.Closer
}

// Close gives back what decompresses, and the file.
func (p plainReader) Close() error { return errors.Join(p.ReadCloser.Close(), p.packed.Close()) }
