package contentimage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/types"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/internal/savedimage"
)

// image is one that lies in a content store.
type image struct {
	ctx      context.Context //nolint:containedctx // v1.Image has no other place for it
	store    content.Provider
	desc     ocispecs.Descriptor
	manifest []byte
	config   []byte
	layers   map[v1.Hash]v1.Layer
}

// Open gives the image as Exporter.Export does, and each distinct layer to
// opts.Ready at once: all of them are there. Their digests are the store's; where
// opts.Known gives a layer of the same digest, that is taken, for it knows in
// which repository it can be mounted. It is readable as long as ctx lasts.
func Open(ctx context.Context, store content.Provider, desc ocispecs.Descriptor, opts engine.ExportOptions) (v1.Image, error) {
	desc, manifest, err := Manifest(ctx, store, desc)
	if err != nil {
		return nil, err
	}
	img := &image{ctx: ctx, store: store, desc: desc, layers: map[v1.Hash]v1.Layer{}}
	if img.manifest, err = blob(ctx, store, desc); err != nil {
		return nil, err
	}
	if img.config, err = Config(ctx, store, manifest); err != nil {
		return nil, err
	}
	if err := img.open(manifest, opts); err != nil {
		return nil, fmt.Errorf("image %s: %w", desc.Digest, err)
	}
	whole, err := partial.CompressedToImage(img)
	return opened{whole, img.layers}, err
}

// opened gives the layers as they are. What partial makes of them has forgotten
// which can be mounted.
type opened struct {
	v1.Image
	layers map[v1.Hash]v1.Layer
}

// Layers are in the manifest's order.
func (o opened) Layers() ([]v1.Layer, error) {
	digests, err := partial.FSLayers(o)
	layers := make([]v1.Layer, len(digests))
	for i, digest := range digests {
		layers[i] = o.layers[digest] // open has seen them all
	}
	return layers, err
}

// LayerByDigest gives a layer of the manifest.
func (o opened) LayerByDigest(digest v1.Hash) (v1.Layer, error) {
	if layer, ok := o.layers[digest]; ok {
		return layer, nil
	}
	return o.Image.LayerByDigest(digest)
}

// LayerByDiffID gives a layer of the config.
func (o opened) LayerByDiffID(diffID v1.Hash) (v1.Layer, error) {
	digest, err := partial.DiffIDToBlob(o, diffID)
	if err != nil {
		return nil, err
	}
	return o.LayerByDigest(digest)
}

func (i *image) open(manifest ocispecs.Manifest, opts engine.ExportOptions) error {
	var c ocispecs.Image
	if err := json.Unmarshal(i.config, &c); err != nil {
		return fmt.Errorf("config %s: %w", manifest.Config.Digest, err)
	}
	if len(c.RootFS.DiffIDs) != len(manifest.Layers) {
		return fmt.Errorf("its config names %d layers, its manifest %d", len(c.RootFS.DiffIDs), len(manifest.Layers))
	}
	for n, desc := range manifest.Layers {
		l := &layer{ctx: i.ctx, store: i.store, desc: desc}
		var err error
		if l.digest, err = v1.NewHash(desc.Digest.String()); err != nil {
			return err
		}
		if l.diffID, err = v1.NewHash(c.RootFS.DiffIDs[n].String()); err != nil {
			return err
		}
		if _, twice := i.layers[l.digest]; twice {
			continue
		}
		if i.layers[l.digest], err = l.orKnown(opts); err != nil {
			return err
		}
	}
	return nil
}

// orKnown is the layer that a registry holds, if that is this blob.
func (l *layer) orKnown(opts engine.ExportOptions) (v1.Layer, error) {
	if opts.Known != nil {
		if known := opts.Known(l.diffID); known != nil {
			if digest, err := known.Digest(); err == nil && digest == l.digest {
				return l.typed(known), nil
			}
		}
	}
	own, err := partial.CompressedToLayer(l)
	if err == nil && opts.Ready != nil {
		opts.Ready(own)
	}
	return own, err
}

// typed is the registry's layer under the type that the manifest names: it may
// have Docker's name of the same bytes.
func (l *layer) typed(known v1.Layer) v1.Layer {
	if l.desc.MediaType == ocispecs.MediaTypeImageLayerGzip {
		return savedimage.AsOCI(known)
	}
	return known
}

// RawConfigFile is the config as the store has it.
func (i *image) RawConfigFile() ([]byte, error) { return i.config, nil }

// RawManifest likewise, so that the digest stays.
func (i *image) RawManifest() ([]byte, error) { return i.manifest, nil }

// MediaType is the manifest's.
func (i *image) MediaType() (types.MediaType, error) { return types.MediaType(i.desc.MediaType), nil }

// LayerByDigest gives a layer of the manifest.
func (i *image) LayerByDigest(h v1.Hash) (partial.CompressedLayer, error) {
	if l, ok := i.layers[h]; ok {
		return l, nil
	}
	return nil, fmt.Errorf("image %s has no layer %s", i.desc.Digest, h)
}

// layer is a blob of the store.
type layer struct {
	ctx            context.Context //nolint:containedctx // as in image
	store          content.Provider
	desc           ocispecs.Descriptor
	digest, diffID v1.Hash
}

func (l *layer) Digest() (v1.Hash, error)            { return l.digest, nil }
func (l *layer) DiffID() (v1.Hash, error)            { return l.diffID, nil }
func (l *layer) Size() (int64, error)                { return l.desc.Size, nil }
func (l *layer) MediaType() (types.MediaType, error) { return types.MediaType(l.desc.MediaType), nil }

// Compressed reads the blob from its beginning. Its receiver, who computes the
// digest of what is sent, finds out whether the store's bytes are still right.
func (l *layer) Compressed() (io.ReadCloser, error) {
	at, err := l.store.ReaderAt(l.ctx, l.desc)
	if err != nil {
		return nil, fmt.Errorf("layer %s: %w", l.digest, err)
	}
	if at.Size() != l.desc.Size {
		return nil, errors.Join(fmt.Errorf("layer %s is damaged in the store: %d bytes of %d", l.digest, at.Size(), l.desc.Size), at.Close())
	}
	return struct {
		io.Reader
		io.Closer
	}{io.NewSectionReader(at, 0, at.Size()), at}, nil
}
