// Package savedimage reads the stream of `docker save`: the layout of Docker
// Image Specification v1.2 that Engine 20.10 writes, and the OCI layout with a
// manifest.json beside it that newer engines write. The stream is read once;
// its layers are kept compressed on disk, so no layer is held in memory.
package savedimage

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sync/errgroup"

	"github.com/retort-ci/retort/pkg/engine"
)

// maxJSON bounds manifest and config, which are read into memory.
const maxJSON = 8 << 20

// Options are the choices of Read.
type Options struct {
	// Dir takes what the stream has, and the layers made of it.
	Dir string
	// DiffIDs are those that the image is known to have. A layer among them is made
	// as soon as its last byte has come; others wait for the end of the stream.
	DiffIDs []string
	// Known and Ready are as in engine.ExportOptions; each may be nil. Ready is told
	// of layers among DiffIDs only.
	Known       func(diffID v1.Hash) v1.Layer
	Ready       func(v1.Layer)
	Compression engine.Compression
}

// Read gives the one image of the stream. Its layers lie in opts.Dir, except
// those for which Known answers. The image's digest depends on the stream's
// content, the compression and this build of retort only.
func Read(ctx context.Context, stream io.Reader, opts Options) (v1.Image, error) {
	group, ctx := errgroup.WithContext(ctx)
	m := newMaker(ctx, group, opts)
	var img v1.Image
	// Among the layers' goroutines, so that the first error of all is the one told.
	group.Go(func() (err error) {
		img, err = m.read(ctx, stream)
		return err
	})
	return img, group.Wait()
}

// read spools the stream, has its layers made meanwhile and waits for them.
func (m *maker) read(ctx context.Context, stream io.Reader) (v1.Image, error) {
	files, err := spool(ctx, stream, m.opts.Dir, m.keep)
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
	layers := make([]v1.Layer, len(diffIDs))
	waiting := make([]*job, len(diffIDs))
	for i, name := range saved.Layers {
		if waiting[i], err = m.find(files, name, diffIDs[i]); err != nil {
			return nil, err
		}
	}
	for i, j := range waiting {
		if layers[i], err = j.wait(ctx, diffIDs[i]); err != nil {
			return nil, err
		}
	}
	return newImage(config, layers)
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
	if f.path == "" {
		return nil, fmt.Errorf("%s is a layer of the saved image", name)
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
