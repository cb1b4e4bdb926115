package savedimage

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strconv"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/retort-ci/retort/pkg/internal/until"
)

// file is one regular file of the stream.
type file struct {
	path string // empty: it was made a layer as it came
	size int64
	hash v1.Hash // of the bytes as they stood in the stream
}

// contents are the stream's files by their names, links resolved.
type contents map[string]file

// keeper takes one file of the stream, and may keep it at the path.
type keeper func(name string, r io.Reader, size int64, path string, before contents) (file, error)

// spool has every file of the stream kept in dir under a name of our own: names
// in the stream never become paths.
func spool(ctx context.Context, stream io.Reader, dir string, keep keeper) (contents, error) {
	files, links := contents{}, map[string]string{}
	tr := tar.NewReader(stream)
	for n := 0; ; n++ {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return nil, fmt.Errorf("read saved image: %w", err)
		}
		switch h.Typeflag {
		case tar.TypeReg:
			f, err := keep(h.Name, until.Reader(ctx, tr), h.Size, filepath.Join(dir, strconv.Itoa(n)), files)
			if err != nil {
				return nil, fmt.Errorf("keep %s: %w", h.Name, err)
			}
			files[path.Clean(h.Name)] = f
		case tar.TypeSymlink:
			// Engine 20.10 writes a layer that occurs twice as a link.
			links[path.Clean(h.Name)] = path.Join(path.Dir(h.Name), h.Linkname)
		case tar.TypeLink:
			links[path.Clean(h.Name)] = path.Clean(h.Linkname)
		}
	}
	for name := range links {
		if f, ok := follow(files, links, name); ok {
			files[name] = f
		}
	}
	// The archive ends before the stream does.
	_, err := io.Copy(io.Discard, stream)
	return files, err
}

// follow gives the file behind a link, or behind a chain of them.
func follow(files contents, links map[string]string, name string) (file, bool) {
	for range len(links) {
		target, ok := links[name]
		if !ok {
			break
		}
		name = target
	}
	f, ok := files[name]
	return f, ok
}

// copied is how much is copied at a time: several programs hand the bytes on to
// each other, and each time takes a switch between them.
const copied = 256 << 10

// keepFile writes the file to the path.
func keepFile(r io.Reader, size int64, path string) (file, error) {
	out, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return file{}, err
	}
	h := sha256.New()
	n, err := io.CopyBuffer(io.MultiWriter(out, h), r, make([]byte, min(size+1, copied)))
	if err := errors.Join(err, out.Close()); err != nil {
		return file{}, err
	}
	return file{path: path, size: n, hash: hashOf(h)}, nil
}
