package savedimage

import (
	"context"
	"fmt"
	"io"
	"os"
	"path"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// layer gives the layer of that diff ID: the one a registry holds, the
// engine's own compressed blob, or the plain tar compressed here.
func (c contents) layer(ctx context.Context, name string, diffID v1.Hash, known func(v1.Hash) v1.Layer) (v1.Layer, error) {
	if known != nil {
		if l := known(diffID); l != nil {
			return l, nil
		}
	}
	f, ok := c[path.Clean(name)]
	if !ok {
		return nil, fmt.Errorf("layer %s is not in the saved image", name)
	}
	media, err := f.mediaType()
	if err != nil {
		return nil, err
	}
	got, err := f.diffID(ctx, media)
	if err != nil {
		return nil, fmt.Errorf("read layer %s: %w", name, err)
	}
	if got != diffID {
		return nil, fmt.Errorf("layer %s is %s, the config says %s", name, got, diffID)
	}
	if media != types.OCIUncompressedLayer {
		return partial.CompressedToLayer(&blob{file: f, media: media, diffID: diffID})
	}
	packed, err := compress(ctx, f)
	if err != nil {
		return nil, fmt.Errorf("compress layer %s: %w", name, err)
	}
	_ = os.Remove(f.path) // read once, and as large as the image
	return partial.CompressedToLayer(&blob{file: packed, media: types.OCILayer, diffID: diffID})
}

// blob is a compressed layer on disk.
type blob struct {
	file   file
	media  types.MediaType
	diffID v1.Hash
}

var _ partial.CompressedLayer = (*blob)(nil)

// Digest is of the compressed bytes.
func (b *blob) Digest() (v1.Hash, error) { return b.file.hash, nil }

// DiffID is of the uncompressed bytes.
func (b *blob) DiffID() (v1.Hash, error) { return b.diffID, nil }

// Size is of the compressed bytes.
func (b *blob) Size() (int64, error) { return b.file.size, nil }

// MediaType is an OCI one: image-spec v1.1, layer.md.
func (b *blob) MediaType() (types.MediaType, error) { return b.media, nil }

// Compressed opens the file.
func (b *blob) Compressed() (io.ReadCloser, error) { return os.Open(b.file.path) }
