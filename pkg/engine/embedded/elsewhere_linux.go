package embedded

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/containerd/v2/core/remotes"
	"github.com/moby/buildkit/util/leaseutil"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/retort-ci/retort/pkg/engine"
)

// fromElsewhere brings an image of another slot into this one: where builds run
// side by side, the next stage of each may get any slot. Blobs are files by their
// digest, so they are read while the other slot is in use; should they be collected
// there meanwhile, then the image is not found.
func (o *opened) fromElsewhere(ctx context.Context, id digest.Digest) (ocispecs.Descriptor, error) {
	others, err := filepath.Glob(filepath.Join(filepath.Dir(o.slot.Dir()), "*", "*", contentDir))
	if err != nil {
		return ocispecs.Descriptor{}, err
	}
	for _, dir := range others {
		if strings.HasPrefix(dir, o.slot.Dir()+string(filepath.Separator)) {
			continue // what was removed here is gone, though its blobs may still be there
		}
		there := blobs(dir)
		desc, err := there.manifest(id)
		if err == nil {
			err = o.copyImage(ctx, there, desc)
		}
		if err == nil {
			return desc, nil
		}
		if !errors.Is(err, os.ErrNotExist) {
			return ocispecs.Descriptor{}, fmt.Errorf("bring image %s from another slot: %w", id, err)
		}
	}
	return ocispecs.Descriptor{}, engine.ErrImageNotFound
}

// copyImage brings what the store lacks, as a pull does.
func (o *opened) copyImage(ctx context.Context, from blobs, desc ocispecs.Descriptor) (err error) {
	ctx, done, err := leaseutil.WithLease(ctx, o.worker.LeaseManager(), leaseutil.MakeTemporary)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done(context.WithoutCancel(ctx))) }()
	store := o.worker.ContentStore()
	copied := images.Handlers(
		remotes.FetchHandler(store, remotes.FetcherFunc(from.fetch)),
		images.SetChildrenLabels(store, from.present(images.ChildrenHandler(store))),
	)
	if err := images.Dispatch(ctx, copied, nil, desc); err != nil {
		return err
	}
	if err := o.labelSources(ctx, desc.Digest); err != nil {
		return err
	}
	if err := o.name(ctx, byID(desc.Digest), desc); err != nil {
		return err
	}
	return o.remember(ctx, desc)
}

// blobs is the directory of a content store of containerd's.
type blobs string

func (b blobs) path(id digest.Digest) string {
	return filepath.Join(string(b), "blobs", id.Algorithm().String(), id.Encoded())
}

func (b blobs) open(id digest.Digest) (*os.File, error) { return os.Open(b.path(id)) }

func (b blobs) fetch(_ context.Context, desc ocispecs.Descriptor) (io.ReadCloser, error) {
	return b.open(desc.Digest)
}

// present leaves out an index's manifests that are not there: a pull takes what
// this machine can run.
func (b blobs) present(children images.HandlerFunc) images.HandlerFunc {
	return func(ctx context.Context, desc ocispecs.Descriptor) ([]ocispecs.Descriptor, error) {
		all, err := children(ctx, desc)
		if err != nil || !images.IsIndexType(desc.MediaType) {
			return all, err
		}
		return slices.DeleteFunc(all, func(d ocispecs.Descriptor) bool {
			_, err := os.Stat(b.path(d.Digest))
			return errors.Is(err, os.ErrNotExist)
		}), nil
	}
}

// manifest describes the manifest or index with the digest.
func (b blobs) manifest(id digest.Digest) (ocispecs.Descriptor, error) {
	f, err := b.open(id)
	if err != nil {
		return ocispecs.Descriptor{}, err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return ocispecs.Descriptor{}, err
	}
	var document struct {
		MediaType string `json:"mediaType"`
	}
	err = json.NewDecoder(f).Decode(&document)
	return ocispecs.Descriptor{MediaType: document.MediaType, Digest: id, Size: info.Size()}, err
}
