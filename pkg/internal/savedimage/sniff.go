package savedimage

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/retort-ci/retort/pkg/internal/until"
)

// Magic numbers of compressed layers: RFC 1952 and RFC 8878.
const (
	gzipMagic = "\x1f\x8b"
	zstdMagic = "\x28\xb5\x2f\xfd"
)

// mediaType looks at the first bytes: newer engines save layers compressed.
func (f file) mediaType() (types.MediaType, error) {
	in, err := os.Open(f.path)
	if err != nil {
		return "", err
	}
	defer func() { _ = in.Close() }()
	media, _, err := sniff(in)
	return media, err
}

// sniff gives a reader of all that in has, too.
func sniff(in io.Reader) (types.MediaType, io.Reader, error) {
	head := make([]byte, len(zstdMagic))
	n, err := io.ReadFull(in, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return "", nil, err
	}
	all := io.MultiReader(bytes.NewReader(head[:n]), in)
	switch head := string(head[:n]); {
	case strings.HasPrefix(head, gzipMagic):
		return types.OCILayer, all, nil
	case strings.HasPrefix(head, zstdMagic):
		return types.OCILayerZStd, all, nil
	}
	return types.OCIUncompressedLayer, all, nil
}

// diffID is the digest of the uncompressed bytes. A layer that is not what the
// config says would be found out only by who pulls the image.
func (f file) diffID(ctx context.Context, media types.MediaType) (v1.Hash, error) {
	if media == types.OCIUncompressedLayer {
		return f.hash, nil
	}
	in, err := os.Open(f.path)
	if err != nil {
		return v1.Hash{}, err
	}
	defer func() { _ = in.Close() }()
	plain, err := decompress(in, media)
	if err != nil {
		return v1.Hash{}, err
	}
	defer func() { _ = plain.Close() }()
	h := sha256.New()
	_, err = io.Copy(h, until.Reader(ctx, plain))
	return hashOf(h), err
}

func decompress(r io.Reader, media types.MediaType) (io.ReadCloser, error) {
	if media == types.OCILayer {
		return gzip.NewReader(r)
	}
	z, err := zstd.NewReader(r)
	if err != nil {
		return nil, err
	}
	return z.IOReadCloser(), nil
}
