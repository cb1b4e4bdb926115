package imagefs_test

import (
	"archive/tar"
	"fmt"
	"io"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// made is a layer of so many empty files in a thousand directories, written
// while it is read.
type made struct{ files int }

var _ v1.Layer = made{}

func (m made) hash() (v1.Hash, error) {
	return v1.Hash{Algorithm: "sha256", Hex: fmt.Sprintf("%064x", m.files)}, nil
}

func (m made) Digest() (v1.Hash, error)            { return m.hash() }
func (m made) DiffID() (v1.Hash, error)            { return m.hash() }
func (m made) Size() (int64, error)                { return int64(m.files), nil }
func (m made) MediaType() (types.MediaType, error) { return types.OCIUncompressedLayer, nil }
func (m made) Compressed() (io.ReadCloser, error)  { return m.Uncompressed() }
func (m made) Uncompressed() (io.ReadCloser, error) {
	r, w := io.Pipe()
	go func() {
		out := tar.NewWriter(w)
		for i := range m.files {
			if err := out.WriteHeader(&tar.Header{Name: fmt.Sprintf("d%d/f%d", i%1000, i), Mode: 0o644}); err != nil {
				_ = w.CloseWithError(err)
				return
			}
		}
		_ = w.CloseWithError(out.Close())
	}()
	return r, nil
}
