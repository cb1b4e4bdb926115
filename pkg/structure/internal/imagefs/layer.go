package imagefs

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/retort-ci/retort/pkg/internal/until"
)

// Limits that keep a hostile image from taking all memory. No file of a Linux
// system can have a longer name or path.
const (
	maxPath  = 4096
	maxName  = 255
	maxFiles = 20_000_000
)

// entries gives every entry of a layer with its clean name. The reader holds
// the entry's content until visit returns.
func entries(ctx context.Context, layer v1.Layer, visit func(name string, h *tar.Header, r io.Reader) error) (err error) {
	stream, err := layer.Uncompressed()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stream.Close()) }()
	plain := until.Reader(ctx, stream)
	for tr := tar.NewReader(plain); ; {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			// The archive ends before the stream, and only the stream's end
			// tells whether the bytes were those of the digest.
			_, err = io.Copy(io.Discard, plain)
			return err
		}
		if err != nil && !errors.Is(err, tar.ErrInsecurePath) { // names are made secure here
			return err
		}
		name := clean(h.Name)
		if h.Typeflag == tar.TypeXGlobalHeader || !possible(name) {
			continue
		}
		if err := visit(name, h, tr); err != nil {
			return err
		}
	}
}

// possible is false for names that no engine could unpack.
func possible(name string) bool {
	if len(name) > maxPath || strings.ContainsRune(name, 0) {
		return false
	}
	for part := range strings.SplitSeq(name, "/") {
		if len(part) > maxName {
			return false
		}
	}
	return true
}

// Names of whiteouts: OCI image-spec v1.1, layer.md.
const (
	whiteout = ".wh."
	opaque   = ".wh..wh..opq"
	reserved = ".wh..wh." // bookkeeping of aufs
)

// index adds a layer to the tree, below those that were read before.
func (r *reader) index(ctx context.Context, number int) error {
	err := entries(ctx, r.layers[number], func(name string, h *tar.Header, body io.Reader) error {
		if len(r.tree.nodes) > maxFiles {
			return fmt.Errorf("the image has more than %d files", maxFiles)
		}
		return r.entry(name, h, body, int32(number))
	})
	return r.explain(err, number)
}

// explain names the layer that could not be read.
func (r *reader) explain(err error, number int) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("read layer %d of %d: %w", number+1, len(r.layers), err)
}

// entry takes one entry into the tree.
func (r *reader) entry(name string, h *tar.Header, body io.Reader, layer int32) error {
	dir, base := path.Split(name)
	switch {
	case base == opaque:
		if at, ok := r.tree.place(clean(dir), layer); ok {
			r.tree.imply(at, layer)
			r.tree.hide(at, layer)
		}
		return nil
	case strings.HasPrefix(base, reserved):
		return nil
	case strings.HasPrefix(base, whiteout):
		if at, ok := r.tree.place(dir+base[len(whiteout):], layer); ok {
			r.tree.hide(at, layer)
		}
		return nil
	}
	at, ok := r.tree.place(name, layer)
	if !ok || !r.tree.put(at, describe(h, layer)) {
		return nil
	}
	return r.keep(at, name, h, body)
}

// describe takes the metadata from an entry. That of a hard link repeats the
// file's, as GNU tar and the engines write it.
func describe(h *tar.Header, layer int32) node {
	n := node{mode: h.FileInfo().Mode(), uid: h.Uid, gid: h.Gid, layer: layer}
	switch h.Typeflag {
	case tar.TypeSymlink:
		n.link = h.Linkname
	case tar.TypeLink:
		n.link, n.hard = clean(h.Linkname), true
	}
	return n
}
