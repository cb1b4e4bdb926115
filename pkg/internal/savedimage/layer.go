package savedimage

import (
	"fmt"
	"io"
	"os"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// make finds the job's layer: the one a registry holds, the engine's own
// compressed blob, or the plain tar compressed here.
func (m *maker) make(j *job, f file) (err error) {
	media, err := f.mediaType()
	if err != nil {
		return err
	}
	if j.got, err = f.diffID(m.ctx, media); err != nil {
		return fmt.Errorf("read layer %s: %w", j.name, err)
	}
	if known := m.known(j.got); known != nil {
		_ = os.Remove(f.path) // as large as the layer, and not needed
		return m.finish(j, known)
	}
	if media != types.OCIUncompressedLayer {
		layer, err := partial.CompressedToLayer(&blob{file: f, media: media, diffID: j.got})
		if err != nil {
			return err
		}
		return m.finish(j, layer)
	}
	made := newLate(f.path+".packed", j.got, m.opts.Compression)
	m.ready(j, made)
	if err := m.compress(made, f); err != nil {
		return fmt.Errorf("compress layer %s: %w", j.name, err)
	}
	_ = os.Remove(f.path) // read once, and as large as the layer
	j.layer = made
	close(j.done)
	return nil
}

// finish is for layers that are whole.
func (m *maker) finish(j *job, layer v1.Layer) error {
	m.ready(j, AsOCI(layer))
	j.layer = layer
	close(j.done)
	return nil
}

// ready tells of a layer that can be read. Of several platforms in one stream
// only one's layers are the image's.
func (m *maker) ready(j *job, layer v1.Layer) {
	if m.opts.Ready != nil && slices.Contains(m.opts.DiffIDs, j.got.String()) {
		m.opts.Ready(layer)
	}
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
