package embedded

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/moby/buildkit/cache"
	"github.com/moby/buildkit/util/leaseutil"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/retort-ci/retort/pkg/internal/contentimage"
)

// uncompressed is the annotation by which BuildKit knows a blob's diff ID.
const uncompressed = "containerd.io/uncompressed"

// unpacked is an image as the build cache has it: its layers as snapshots, those
// that a build has made, or made of the blobs when they are first looked into.
type unpacked struct {
	ref    cache.ImmutableRef // nil for an image without layers
	raw    []byte             // the image's config
	config ocispecs.Image
}

// unpack gives the image with this ID or name. The caller gives it back.
func (o *opened) unpack(ctx context.Context, name string) (*unpacked, error) {
	desc, err := o.find(ctx, name)
	if err != nil {
		return nil, err
	}
	store := o.worker.ContentStore()
	_, manifest, err := contentimage.Manifest(ctx, store, desc)
	if err != nil {
		return nil, err
	}
	u := &unpacked{}
	if u.raw, err = contentimage.Config(ctx, store, manifest); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(u.raw, &u.config); err != nil {
		return nil, fmt.Errorf("config %s: %w", manifest.Config.Digest, err)
	}
	if len(manifest.Layers) != len(u.config.RootFS.DiffIDs) {
		return nil, fmt.Errorf("image %s: its config names %d layers, its manifest %d",
			desc.Digest, len(u.config.RootFS.DiffIDs), len(manifest.Layers))
	}
	u.ref, err = o.layers(ctx, manifest.Layers, u.config)
	return u, err
}

// layers gives the cache's record of the blobs upon each other. It finds the one
// of the build which made them, whose snapshot is there, or makes one.
func (o *opened) layers(ctx context.Context, blobs []ocispecs.Descriptor, config ocispecs.Image) (top cache.ImmutableRef, err error) {
	ctx, done, err := leaseutil.WithLease(ctx, o.worker.LeaseManager(), leaseutil.MakeTemporary)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, done(context.WithoutCancel(ctx))) }()
	for i, blob := range blobs {
		desc := ocispecs.Descriptor{
			MediaType: blob.MediaType, Digest: blob.Digest, Size: blob.Size,
			Annotations: map[string]string{uncompressed: config.RootFS.DiffIDs[i].String()},
		}
		next, err := o.worker.CacheMgr.GetByBlob(ctx, desc, top)
		if top != nil {
			err = errors.Join(err, top.Release(context.WithoutCancel(ctx)))
		}
		if err != nil {
			return nil, fmt.Errorf("layer %s: %w", blob.Digest, err)
		}
		top = next
	}
	return top, nil
}

// release gives the image back to the cache.
func (u *unpacked) release(ctx context.Context) error {
	if u.ref == nil {
		return nil
	}
	return u.ref.Release(ctx)
}
