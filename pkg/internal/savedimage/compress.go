package savedimage

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"os"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/klauspost/compress/gzip"

	"github.com/retort-ci/retort/pkg/internal/until"
)

// compress writes the file again, gzipped at the fastest level without a time
// or a name in its header, so that the same layer always gives the same digest.
func compress(ctx context.Context, f file) (packed file, err error) {
	in, err := os.Open(f.path)
	if err != nil {
		return file{}, err
	}
	defer func() { _ = in.Close() }()
	packed.path = f.path + ".gz"
	out, err := os.Create(packed.path)
	if err != nil {
		return file{}, err
	}
	defer func() { err = errors.Join(err, out.Close()) }()

	h := sha256.New()
	count := &counter{}
	buffered := bufio.NewWriterSize(io.MultiWriter(out, h, count), 1<<16)
	zw, err := gzip.NewWriterLevel(buffered, gzip.BestSpeed)
	if err != nil {
		return file{}, err
	}
	if _, err := io.Copy(zw, until.Reader(ctx, in)); err != nil {
		return file{}, err
	}
	if err := errors.Join(zw.Close(), buffered.Flush()); err != nil {
		return file{}, err
	}
	packed.size, packed.hash = count.n, hashOf(h)
	return packed, nil
}

type counter struct{ n int64 }

func (c *counter) Write(p []byte) (int, error) {
	c.n += int64(len(p))
	return len(p), nil
}

func hashOf(h hash.Hash) v1.Hash {
	return v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(h.Sum(nil))}
}
