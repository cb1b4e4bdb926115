// Package contentimage reads images out of a content store of containerd's, where
// BuildKit leaves what it built (OCI image-spec, image-layout.md: blobs by digest).
// A blob is given as it lies there, unless another compression is asked for.
package contentimage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/errdefs"
	"github.com/containerd/platforms"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/retort-ci/retort/pkg/engine"
)

// maxDocument bounds a manifest, an index or a config that is read into memory.
const maxDocument = 8 << 20

// Manifest gives the descriptor and the content of the manifest: desc's own, or of
// an index the one for this machine's platform, or else its first image.
// engine.ErrImageNotFound when the store does not have it.
func Manifest(ctx context.Context, store content.Provider, desc ocispecs.Descriptor) (ocispecs.Descriptor, ocispecs.Manifest, error) {
	return ManifestFor(ctx, store, desc, platforms.Default())
}

// ManifestFor is Manifest for the platform of another machine, on which the image
// is to be run or unpacked.
func ManifestFor(ctx context.Context, store content.Provider, desc ocispecs.Descriptor, there platforms.MatchComparer) (ocispecs.Descriptor, ocispecs.Manifest, error) {
	var both struct { // a manifest or an index
		ocispecs.Manifest
		Manifests []ocispecs.Descriptor `json:"manifests"`
	}
	if err := document(ctx, store, desc, &both); err != nil {
		return desc, ocispecs.Manifest{}, err
	}
	if len(both.Manifests) == 0 {
		return desc, both.Manifest, nil
	}
	chosen, err := choose(both.Manifests, there)
	if err != nil {
		return desc, ocispecs.Manifest{}, fmt.Errorf("index %s: %w", desc.Digest, err)
	}
	var manifest ocispecs.Manifest
	return chosen, manifest, document(ctx, store, chosen, &manifest)
}

// choose leaves out what is no image: an attestation is of an unknown platform.
func choose(manifests []ocispecs.Descriptor, there platforms.MatchComparer) (ocispecs.Descriptor, error) {
	var images []ocispecs.Descriptor
	for _, m := range manifests {
		if m.Platform == nil || m.Platform.OS != "unknown" {
			images = append(images, m)
		}
	}
	if len(images) == 0 {
		return ocispecs.Descriptor{}, errors.New("it has no image")
	}
	best, found := images[0], false
	for _, m := range images {
		if m.Platform == nil || !there.Match(*m.Platform) {
			continue
		}
		if !found || there.Less(*m.Platform, *best.Platform) {
			best, found = m, true
		}
	}
	return best, nil
}

// Config gives the manifest's image config as JSON.
func Config(ctx context.Context, store content.Provider, manifest ocispecs.Manifest) ([]byte, error) {
	return blob(ctx, store, manifest.Config)
}

func document(ctx context.Context, store content.Provider, desc ocispecs.Descriptor, into any) error {
	raw, err := blob(ctx, store, desc)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("%s %s: %w", desc.MediaType, desc.Digest, err)
	}
	return nil
}

// blob reads a small blob whole and holds it against its digest.
func blob(ctx context.Context, store content.Provider, desc ocispecs.Descriptor) ([]byte, error) {
	if desc.Size > maxDocument {
		return nil, fmt.Errorf("%s %s has %d bytes, more than a document has", desc.MediaType, desc.Digest, desc.Size)
	}
	raw, err := content.ReadBlob(ctx, store, desc)
	if errdefs.IsNotFound(err) {
		return nil, fmt.Errorf("%s: %w", desc.Digest, engine.ErrImageNotFound)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", desc.Digest, err)
	}
	if desc.Digest.Algorithm().FromBytes(raw) != desc.Digest {
		return nil, fmt.Errorf("%s is damaged in the store", desc.Digest)
	}
	return raw, nil
}
