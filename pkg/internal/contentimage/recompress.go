package contentimage

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"

	"github.com/containerd/containerd/v2/core/content"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/internal/savedimage"
)

// recompress gives the image with its layers compressed as the options say, into
// dir, byte for byte as a Docker engine's would be: it is read as the stream that
// `docker save` gives. Layers for which keep holds stay as they are.
func recompress(ctx context.Context, store content.Provider, desc ocispecs.Descriptor, dir string, opts engine.ExportOptions, keep Keep) (v1.Image, error) {
	whole, err := Open(ctx, store, desc, engine.ExportOptions{})
	if err != nil {
		return nil, err
	}
	config, err := whole.ConfigFile()
	if err != nil {
		return nil, err
	}
	diffIDs := make([]string, len(config.RootFS.DiffIDs))
	for i, id := range config.RootFS.DiffIDs {
		diffIDs[i] = id.String()
	}
	r, w := io.Pipe()
	written := make(chan error, 1)
	go func() {
		err := save(ctx, whole, keep, w)
		written <- errors.Join(err, w.CloseWithError(err)) // a reader of nil has io.EOF
	}()
	img, err := savedimage.Read(ctx, r, savedimage.Options{
		Dir: dir, DiffIDs: diffIDs, Known: opts.Known, Ready: opts.Ready, Compression: opts.Compression,
	})
	if err != nil {
		_ = r.CloseWithError(err)
		if saved := <-written; saved != nil && !errors.Is(saved, err) {
			err = errors.Join(err, saved)
		}
		return nil, err
	}
	if _, err := io.Copy(io.Discard, r); err != nil { // what stands after the last entry
		return nil, errors.Join(err, <-written)
	}
	return img, <-written
}

// save writes the stream: config, layers, and the manifest.json that names them.
func save(ctx context.Context, img v1.Image, keep Keep, to io.Writer) error {
	config, err := img.RawConfigFile()
	if err != nil {
		return err
	}
	layers, err := img.Layers()
	if err != nil {
		return err
	}
	w := tar.NewWriter(to)
	if err := add(w, "config.json", int64(len(config)), bytes.NewReader(config)); err != nil {
		return err
	}
	names := make([]string, len(layers))
	done := map[string]bool{}
	for i, layer := range layers {
		of, err := layer.Digest()
		if err != nil {
			return err
		}
		names[i] = of.Hex
		if done[of.Hex] {
			continue
		}
		done[of.Hex] = true
		kept, err := keep(ctx, digest.Digest(of.String()))
		if err != nil {
			return err
		}
		if err := addLayer(w, of.Hex, layer, kept); err != nil {
			return err
		}
	}
	manifest, err := json.Marshal([]map[string]any{{"Config": "config.json", "Layers": names}})
	if err != nil {
		return err
	}
	return errors.Join(add(w, "manifest.json", int64(len(manifest)), bytes.NewReader(manifest)), w.Close())
}

// addLayer writes a layer as it is, or uncompressed. That is read twice: a tar
// entry begins with its size.
func addLayer(w *tar.Writer, name string, layer v1.Layer, kept bool) error {
	open := layer.Compressed
	size, err := layer.Size()
	if !kept && err == nil {
		open = layer.Uncompressed
		size, err = measure(open)
	}
	if err != nil {
		return err
	}
	body, err := open()
	if err != nil {
		return err
	}
	return errors.Join(add(w, name, size, body), body.Close())
}

func add(w *tar.Writer, name string, size int64, body io.Reader) error {
	if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: size}); err != nil {
		return err
	}
	_, err := io.Copy(w, body)
	return err
}

func measure(open func() (io.ReadCloser, error)) (int64, error) {
	body, err := open()
	if err != nil {
		return 0, err
	}
	size, err := io.Copy(io.Discard, body)
	return size, errors.Join(err, body.Close())
}
