package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"runtime"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"golang.org/x/sync/errgroup"

	"github.com/retort-ci/retort/scripts/internal/rootfs"
)

// schema changes when this program makes other images from the same machine.
const schema = "1"

// keyAnnotation on a pushed manifest holds the key of what it was made from.
const keyAnnotation = "dev.retort.base-images.key"

// image is a base image that this machine can make.
type image struct {
	name   string // in the registry, as on Docker Hub: library/golang:1.26
	key    string // equal keys mean equal images
	config v1.Config
	layers []*rootfs.Tree // lowest first
}

// build packs the layers and puts the image together.
func (i image) build(ctx context.Context) (v1.Image, error) {
	layers := make([]v1.Layer, len(i.layers))
	group, ctx := errgroup.WithContext(ctx)
	for n, tree := range i.layers {
		group.Go(func() (err error) {
			layers[n], err = tree.Layer(ctx)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, fmt.Errorf("make %s: %w", i.name, err)
	}
	base := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	img, err := mutate.AppendLayers(base, layers...)
	if err != nil {
		return nil, fmt.Errorf("make %s: %w", i.name, err)
	}
	file, err := img.ConfigFile()
	if err != nil {
		return nil, fmt.Errorf("make %s: %w", i.name, err)
	}
	file = file.DeepCopy()
	file.OS, file.Architecture, file.Config = "linux", runtime.GOARCH, i.config
	if img, err = mutate.ConfigFile(img, file); err != nil {
		return nil, fmt.Errorf("make %s: %w", i.name, err)
	}
	return mutate.Annotations(img, map[string]string{keyAnnotation: i.key}).(v1.Image), nil
}

// keyOf digests the parts and the content of the files; a file that is not
// there counts as empty.
func keyOf(files []string, parts ...string) (string, error) {
	digest := sha256.New()
	for _, part := range append(parts, schema, runtime.GOARCH) {
		_, _ = fmt.Fprintf(digest, "%d:%s\n", len(part), part)
	}
	for _, name := range files {
		f, err := os.Open(name)
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			return "", fmt.Errorf("read what the images are made of: %w", err)
		}
		_, _ = fmt.Fprintf(digest, "%s\n", name)
		_, err = io.Copy(digest, f)
		_ = f.Close()
		if err != nil {
			return "", fmt.Errorf("read what the images are made of: %w", err)
		}
	}
	return hex.EncodeToString(digest.Sum(nil)), nil
}
