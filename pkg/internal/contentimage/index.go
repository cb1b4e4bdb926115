package contentimage

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/containerd/containerd/v2/core/content"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/retort-ci/retort/pkg/engine"
)

// index is one that lies in a content store.
type index struct {
	ctx      context.Context //nolint:containedctx // as in image
	store    content.Provider
	desc     ocispecs.Descriptor
	raw      []byte
	manifest v1.IndexManifest
	opts     engine.ExportOptions
}

// OpenIndex gives the index whole, readable as long as ctx lasts, or nil when desc
// is of one image. Its images are as Open gives them with the options.
func OpenIndex(ctx context.Context, store content.Provider, desc ocispecs.Descriptor, opts engine.ExportOptions) (v1.ImageIndex, error) {
	if !types.MediaType(desc.MediaType).IsIndex() {
		return nil, nil
	}
	raw, err := blob(ctx, store, desc)
	if err != nil {
		return nil, err
	}
	i := &index{ctx: ctx, store: store, desc: desc, raw: raw, opts: opts}
	if err := json.Unmarshal(raw, &i.manifest); err != nil {
		return nil, fmt.Errorf("index %s: %w", desc.Digest, err)
	}
	return i, nil
}

func (i *index) MediaType() (types.MediaType, error) { return types.MediaType(i.desc.MediaType), nil }

func (i *index) Digest() (v1.Hash, error)                    { return v1.NewHash(i.desc.Digest.String()) }
func (i *index) Size() (int64, error)                        { return i.desc.Size, nil }
func (i *index) IndexManifest() (*v1.IndexManifest, error)   { return &i.manifest, nil }
func (i *index) RawManifest() ([]byte, error)                { return i.raw, nil }
func (i *index) Image(h v1.Hash) (v1.Image, error)           { return with(i, h, Open) }
func (i *index) ImageIndex(h v1.Hash) (v1.ImageIndex, error) { return with(i, h, OpenIndex) }

// with opens what the index names by the digest.
func with[T any](i *index, h v1.Hash, open func(context.Context, content.Provider, ocispecs.Descriptor, engine.ExportOptions) (T, error)) (T, error) {
	for _, m := range i.manifest.Manifests {
		if m.Digest == h {
			return open(i.ctx, i.store, ocispecs.Descriptor{MediaType: string(m.MediaType), Digest: digest.Digest(h.String()), Size: m.Size}, i.opts)
		}
	}
	var none T
	return none, fmt.Errorf("index %s has no %s", i.desc.Digest, h)
}
