package savedimage

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/klauspost/compress/zstd"
	"github.com/klauspost/pgzip"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/internal/until"
)

const (
	// gzipBlock is what one processor compresses at a time. The bytes that come
	// out depend on it, and on nothing of the machine.
	gzipBlock = 256 << 10
	// zstdWindow bounds the memory of who compresses, and of who pulls.
	zstdWindow = 2 << 20
)

// compress makes the layer of the file when its turn has come.
func (m *maker) compress(made *late, f file) (err error) {
	defer func() { made.end(err) }()
	select {
	case m.slots <- struct{}{}:
		defer func() { <-m.slots }()
	case <-m.ctx.Done():
		return context.Cause(m.ctx)
	}
	in, err := os.Open(f.path)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	return m.pack(made, until.Reader(m.ctx, in))
}

// pack compresses what it reads. It needs a slot.
func (m *maker) pack(made *late, in io.Reader) (err error) {
	out, err := os.Create(made.path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	zw, err := m.compressor(made.how)
	if err != nil {
		return err
	}
	defer m.reuse(zw)
	zw.Reset(grow{late: made, out: out})
	if gz, ok := zw.(*pgzip.Writer); ok {
		gz.ModTime = time.Unix(0, 0) // RFC 1952: none
		if err := gz.SetConcurrency(gzipBlock, atOnce(maxBlocks)); err != nil {
			return err
		}
	}
	_, err = io.CopyBuffer(zw, in, make([]byte, copied))
	return errors.Join(err, zw.Close())
}

// compressor is what compresses one layer after the other: it takes megabytes.
type compressor interface {
	io.WriteCloser
	Reset(w io.Writer)
}

// compressor gives one that no layer uses. Its output is a function of its input:
// no time, no name, and blocks of one size whatever the number of processors.
func (m *maker) compressor(how engine.Compression) (compressor, error) {
	select {
	case zw := <-m.idle:
		return zw, nil
	default:
	}
	switch how.Algorithm {
	case "gzip":
		return pgzip.NewWriterLevel(nil, how.Level)
	case "zstd":
		return zstd.NewWriter(nil,
			zstd.WithEncoderLevel(zstd.EncoderLevelFromZstd(how.Level)),
			zstd.WithWindowSize(zstdWindow), zstd.WithEncoderConcurrency(2), zstd.WithLowerEncoderMem(true))
	}
	return nil, fmt.Errorf("compression %q is not known", how.Algorithm)
}

// reuse keeps it for the next layer.
func (m *maker) reuse(zw compressor) { m.idle <- zw }

func hashOf(h hash.Hash) v1.Hash {
	return v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(h.Sum(nil))}
}
