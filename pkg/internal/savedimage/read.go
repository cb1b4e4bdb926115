// Package savedimage reads the stream of `docker save`: the layout of Docker
// Image Specification v1.2 that Engine 20.10 writes, and the OCI layout with a
// manifest.json beside it that newer engines write. The stream is read once;
// its layers are kept compressed on disk, so no layer is held in memory.
package savedimage

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strconv"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sync/errgroup"
)

// maxJSON bounds manifest and config, which are read into memory.
const maxJSON = 8 << 20

// Read gives the one image of the stream. Its layers lie in dir, except those
// for which known (may be nil) answers. The image's digest depends on the
// stream's content and this build of retort only.
func Read(ctx context.Context, stream io.Reader, dir string, known func(diffID v1.Hash) v1.Layer) (v1.Image, error) {
	files, err := spool(ctx, stream, dir)
	if err != nil {
		return nil, err
	}
	saved, err := files.manifest()
	if err != nil {
		return nil, err
	}
	config, err := files.readJSON(saved.Config)
	if err != nil {
		return nil, fmt.Errorf("config: %w", err)
	}
	diffIDs, err := diffIDs(config, len(saved.Layers))
	if err != nil {
		return nil, err
	}
	layers, err := files.layers(ctx, saved.Layers, diffIDs, known)
	if err != nil {
		return nil, err
	}
	return newImage(config, layers)
}

// layers makes each distinct layer once, several at a time.
func (c contents) layers(ctx context.Context, names []string, diffIDs []v1.Hash, known func(v1.Hash) v1.Layer) ([]v1.Layer, error) {
	made := make([]v1.Layer, len(names))
	first := map[v1.Hash]int{}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i, diffID := range diffIDs {
		if _, again := first[diffID]; again {
			continue
		}
		first[diffID] = i
		g.Go(func() (err error) {
			made[i], err = c.layer(ctx, names[i], diffID, known)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	for i, diffID := range diffIDs {
		made[i] = made[first[diffID]]
	}
	return made, nil
}

// file is one regular file of the stream, kept on disk.
type file struct {
	path string
	size int64
	hash v1.Hash // of the bytes as they stood in the stream
}

// contents are the stream's files by their names, links resolved.
type contents map[string]file

// spool writes every file of the stream into dir under a name of our own:
// names in the stream never become paths.
func spool(ctx context.Context, stream io.Reader, dir string) (contents, error) {
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
			f, err := keep(tr, filepath.Join(dir, strconv.Itoa(n)))
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

func keep(r io.Reader, path string) (file, error) {
	out, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return file{}, err
	}
	h := sha256.New()
	n, err := io.Copy(io.MultiWriter(out, h), r)
	if err := errors.Join(err, out.Close()); err != nil {
		return file{}, err
	}
	return file{path: path, size: n, hash: hashOf(h)}, nil
}

// savedManifest is an entry of manifest.json.
type savedManifest struct {
	Config string
	Layers []string
}

func (c contents) manifest() (savedManifest, error) {
	raw, err := c.readJSON("manifest.json")
	if err != nil {
		return savedManifest{}, err
	}
	var list []savedManifest
	if err := json.Unmarshal(raw, &list); err != nil {
		return savedManifest{}, fmt.Errorf("manifest.json: %w", err)
	}
	if len(list) != 1 {
		return savedManifest{}, fmt.Errorf("manifest.json names %d images, one was asked for", len(list))
	}
	return list[0], nil
}

func (c contents) readJSON(name string) ([]byte, error) {
	f, ok := c[path.Clean(name)]
	if !ok {
		return nil, fmt.Errorf("%s is not in the saved image", name)
	}
	if f.size > maxJSON {
		return nil, fmt.Errorf("%s has %d bytes, at most %d are read", name, f.size, maxJSON)
	}
	return os.ReadFile(f.path)
}

// diffIDs gives the config's rootfs, one entry per layer.
func diffIDs(config []byte, layers int) ([]v1.Hash, error) {
	var c struct {
		RootFS struct {
			DiffIDs []v1.Hash `json:"diff_ids"`
		} `json:"rootfs"`
	}
	if err := json.Unmarshal(config, &c); err != nil {
		return nil, fmt.Errorf("config: %w", err)
	}
	if len(c.RootFS.DiffIDs) != layers {
		return nil, fmt.Errorf("config names %d layers, manifest.json %d", len(c.RootFS.DiffIDs), layers)
	}
	return c.RootFS.DiffIDs, nil
}
