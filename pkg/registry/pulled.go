package registry

import (
	"context"
	"fmt"
	"io"
	"sync"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/retort-ci/retort/pkg/fault"
)

// maxConfig is what is read of an image's config, which is held in memory.
const maxConfig = 32 << 20

// pulled gives the image of the manifest, whose config and layers are fetched
// from the repository within ctx when they are asked for. Its layers are
// [remote.MountableLayer], so that a push within the registry mounts them.
func (c *Client) pulled(ctx context.Context, repo name.Repository, m *manifest) (v1.Image, error) {
	k, err := m.content()
	if err != nil {
		return nil, err
	}
	if k.Config == nil {
		return nil, fmt.Errorf("manifest %s has no config", m.Digest)
	}
	open := func(desc v1.Descriptor) (io.ReadCloser, error) { return c.blobOf(repo, desc).open(ctx) }
	core := &pulledCore{manifest: m, content: k, open: open}
	core.config = sync.OnceValues(core.readConfig)
	img, err := partial.CompressedToImage(core)
	return mountableImage{img, repo.Digest(m.Digest.String())}, err
}

// pulledCore is what partial makes an image of.
type pulledCore struct {
	*manifest
	content content
	open    func(v1.Descriptor) (io.ReadCloser, error)
	config  func() ([]byte, error)
}

var _ partial.CompressedImageCore = (*pulledCore)(nil)

// MediaType is that of the manifest.
func (p *pulledCore) MediaType() (types.MediaType, error) { return p.manifest.MediaType, nil }

// RawManifest gives the bytes as the registry has them.
func (p *pulledCore) RawManifest() ([]byte, error) { return p.raw, nil }

// RawConfigFile fetches the config, once.
func (p *pulledCore) RawConfigFile() ([]byte, error) { return p.config() }

func (p *pulledCore) readConfig() ([]byte, error) {
	if size := p.content.Config.Size; size > maxConfig {
		return nil, fault.New(fault.Infrastructure, "", "the config of %s has %d bytes, %d are read at most", p.Digest, size, maxConfig)
	}
	body, err := p.open(*p.content.Config)
	if err != nil {
		return nil, err
	}
	defer func() { _ = body.Close() }()
	return io.ReadAll(body)
}

// LayerByDigest gives a layer, or the config as one.
func (p *pulledCore) LayerByDigest(digest v1.Hash) (partial.CompressedLayer, error) {
	for _, desc := range append([]v1.Descriptor{*p.content.Config}, p.content.Layers...) {
		if desc.Digest == digest {
			return &pulledLayer{core: p, desc: desc}, nil
		}
	}
	return nil, fmt.Errorf("image %s has no layer %s", p.manifest.Digest, digest)
}

// pulledLayer is a layer as the repository has it.
type pulledLayer struct {
	core *pulledCore
	desc v1.Descriptor
}

// Digest is of the bytes in the repository.
func (l *pulledLayer) Digest() (v1.Hash, error) { return l.desc.Digest, nil }

// Size is of the bytes in the repository.
func (l *pulledLayer) Size() (int64, error) { return l.desc.Size, nil }

// MediaType is what the manifest says.
func (l *pulledLayer) MediaType() (types.MediaType, error) { return l.desc.MediaType, nil }

// Descriptor is what the manifest says of the layer, see partial.Descriptor.
func (l *pulledLayer) Descriptor() (*v1.Descriptor, error) { return &l.desc, nil }

// DiffID is of the config, so that no layer is read for it.
func (l *pulledLayer) DiffID() (v1.Hash, error) {
	img, err := partial.CompressedToImage(l.core)
	if err != nil {
		return v1.Hash{}, err
	}
	return partial.BlobToDiffID(img, l.desc.Digest)
}

// Compressed gives the bytes, checked against the digest.
func (l *pulledLayer) Compressed() (io.ReadCloser, error) { return l.core.open(l.desc) }

// mountableImage says of its layers where they are.
type mountableImage struct {
	v1.Image
	at name.Reference
}

// Layers gives the layers, each as one that can be mounted.
func (m mountableImage) Layers() ([]v1.Layer, error) {
	layers, err := m.Image.Layers()
	for i, layer := range layers {
		layers[i] = &remote.MountableLayer{Layer: layer, Reference: m.at}
	}
	return layers, err
}

// LayerByDigest gives a layer that can be mounted.
func (m mountableImage) LayerByDigest(digest v1.Hash) (v1.Layer, error) {
	layer, err := m.Image.LayerByDigest(digest)
	if err != nil {
		return nil, err
	}
	return &remote.MountableLayer{Layer: layer, Reference: m.at}, nil
}

// LayerByDiffID gives a layer that can be mounted.
func (m mountableImage) LayerByDiffID(diffID v1.Hash) (v1.Layer, error) {
	layer, err := m.Image.LayerByDiffID(diffID)
	if err != nil {
		return nil, err
	}
	return &remote.MountableLayer{Layer: layer, Reference: m.at}, nil
}
