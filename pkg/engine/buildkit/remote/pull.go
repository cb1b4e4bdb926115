package remote

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"slices"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/internal/imagestore"
)

// Pull notes the image repo@digest in the store: manifest and config come here, and
// its layers when someone reads them. The daemon gets them from the registry itself.
func (e *Engine) Pull(ctx context.Context, ref string) (engine.ImageInfo, error) {
	_, store, err := e.opened(ctx)
	if err != nil {
		return engine.ImageInfo{}, err
	}
	by, err := e.digest(ref)
	if err != nil {
		return engine.ImageInfo{}, fault.Wrap(fault.Usage, fmt.Errorf("pull: %w", err), "name it repository@sha256:…")
	}
	desc, err := pull(ctx, store, by)
	if err != nil {
		if ctx.Err() != nil {
			return engine.ImageInfo{}, context.Cause(ctx)
		}
		return engine.ImageInfo{}, fault.Wrap(fault.Infrastructure, fmt.Errorf("pull %s: %w", ref, err),
			"can the registry be reached, and are you logged in there? see `docker login`")
	}
	full, err := fullName(ref)
	if err == nil {
		err = store.Keep(desc, full)
	}
	if err != nil {
		return engine.ImageInfo{}, err
	}
	return inspect(ctx, store, desc)
}

func options(ctx context.Context) []remote.Option {
	return []remote.Option{remote.WithContext(ctx), remote.WithAuthFromKeychain(authn.DefaultKeychain)}
}

// pull stores the documents of the image, and of an index those of every image in
// it, from the innermost on: what names a blob comes after it.
func pull(ctx context.Context, store *imagestore.Store, ref name.Digest) (ocispecs.Descriptor, error) {
	got, err := remote.Get(ref, options(ctx)...)
	if err != nil {
		return ocispecs.Descriptor{}, err
	}
	if got.MediaType.IsIndex() {
		index, err := got.ImageIndex()
		if err != nil {
			return ocispecs.Descriptor{}, err
		}
		manifest, err := index.IndexManifest()
		if err != nil {
			return ocispecs.Descriptor{}, err
		}
		for _, child := range manifest.Manifests {
			if _, err := pull(ctx, store, ref.Context().Digest(child.Digest.String())); err != nil {
				return ocispecs.Descriptor{}, err
			}
		}
	} else if err := pullImage(ctx, store, ref.Context(), got); err != nil {
		return ocispecs.Descriptor{}, err
	}
	desc := descriptor(got.Descriptor)
	return desc, put(ctx, store, desc, got.Manifest)
}

func pullImage(ctx context.Context, store *imagestore.Store, repo name.Repository, got *remote.Descriptor) error {
	img, err := got.Image()
	if err != nil {
		return err
	}
	manifest, err := img.Manifest()
	if err != nil {
		return err
	}
	for _, layer := range manifest.Layers {
		if err := store.Elsewhere(repo.Name(), descriptor(layer)); err != nil {
			return err
		}
	}
	config, err := img.RawConfigFile()
	if err != nil {
		return err
	}
	return put(ctx, store, descriptor(manifest.Config), config)
}

func put(ctx context.Context, store *imagestore.Store, desc ocispecs.Descriptor, raw []byte) error {
	return content.WriteBlob(ctx, store, "pull-"+desc.Digest.String(), bytes.NewReader(raw), desc)
}

func descriptor(d v1.Descriptor) ocispecs.Descriptor {
	return ocispecs.Descriptor{MediaType: string(d.MediaType), Digest: digest.Digest(d.Digest.String()), Size: d.Size}
}

// digest reads a reference. Where that was asked for its registry is spoken to
// without TLS; HTTPS is still tried first.
func (e *Engine) digest(ref string) (name.Digest, error) {
	by, err := name.NewDigest(ref)
	if err != nil {
		return by, err
	}
	registry := by.Context().RegistryStr()
	host, _, _ := net.SplitHostPort(registry)
	if !slices.Contains(e.plain, registry) && !slices.Contains(e.plain, host) {
		return by, nil
	}
	return name.NewDigest(ref, name.Insecure)
}

// fetch reads a blob that Pull left where it was.
func (e *Engine) fetch(ctx context.Context, repository string, of digest.Digest) (io.ReadCloser, error) {
	ref, err := e.digest(repository + "@" + of.String())
	if err != nil {
		return nil, err
	}
	layer, err := remote.Layer(ref, options(ctx)...)
	if err != nil {
		return nil, err
	}
	return layer.Compressed()
}
