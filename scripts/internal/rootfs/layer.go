package rootfs

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/klauspost/compress/gzip"
)

// Layer packs the tree into a gzipped layer that is held in memory. A file that
// changes its size meanwhile is an error.
func (t *Tree) Layer(ctx context.Context) (v1.Layer, error) {
	packed, diffID, digest := new(bytes.Buffer), sha256.New(), sha256.New()
	// Level 1: the registry is on this machine, time counts more than bytes.
	zip, err := gzip.NewWriterLevel(io.MultiWriter(packed, digest), gzip.BestSpeed)
	if err != nil {
		return nil, fmt.Errorf("pack layer: %w", err)
	}
	if err := t.writeTar(ctx, io.MultiWriter(zip, diffID)); err != nil {
		return nil, fmt.Errorf("pack layer: %w", err)
	}
	if err := zip.Close(); err != nil {
		return nil, fmt.Errorf("pack layer: %w", err)
	}
	return partial.CompressedToLayer(layer{packed.Bytes(), sum(digest), sum(diffID)})
}

func (t *Tree) writeTar(ctx context.Context, w io.Writer) error {
	archive := tar.NewWriter(w)
	// Sorted, a directory comes before what is in it.
	for _, name := range slices.Sorted(maps.Keys(t.entries)) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := t.entries[name].write(archive, name); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return archive.Close()
}

func (e entry) write(archive *tar.Writer, name string) error {
	header := &tar.Header{Name: name, Mode: int64(e.mode.Perm()), ModTime: time.Unix(0, 0), Format: tar.FormatPAX}
	if e.mode&fs.ModeSticky != 0 {
		header.Mode |= 0o1000
	}
	switch {
	case e.mode.IsDir():
		header.Typeflag, header.Name = tar.TypeDir, name+"/"
	case e.mode&fs.ModeSymlink != 0:
		header.Typeflag, header.Linkname = tar.TypeSymlink, e.target
	default:
		header.Typeflag, header.Size = tar.TypeReg, e.size
	}
	if err := archive.WriteHeader(header); err != nil {
		return err
	}
	if e.from != "" {
		return copyFile(archive, e.from)
	}
	_, err := archive.Write(e.data)
	return err
}

func copyFile(w io.Writer, from string) error {
	f, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	_, err = io.Copy(w, f)
	return err
}

func sum(h hash.Hash) v1.Hash {
	return v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(h.Sum(nil))}
}

// layer is a gzipped layer in memory.
type layer struct {
	packed         []byte
	digest, diffID v1.Hash
}

var (
	_ partial.CompressedLayer = layer{}
	_ partial.WithDiffID      = layer{}
)

// Digest is the digest of the gzipped bytes.
func (l layer) Digest() (v1.Hash, error) { return l.digest, nil }

// DiffID is the digest of the tar inside.
func (l layer) DiffID() (v1.Hash, error) { return l.diffID, nil }

// Size is the number of gzipped bytes.
func (l layer) Size() (int64, error) { return int64(len(l.packed)), nil }

// MediaType is that of a gzipped OCI layer.
func (l layer) MediaType() (types.MediaType, error) { return types.OCILayer, nil }

// Compressed gives the gzipped bytes.
func (l layer) Compressed() (io.ReadCloser, error) {
	return io.NopCloser(bytes.NewReader(l.packed)), nil
}
