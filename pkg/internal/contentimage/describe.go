package contentimage

import (
	"cmp"
	"context"

	"github.com/containerd/containerd/v2/core/content"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// Describe gives the descriptor of a manifest or an index of which only digest and
// size, in bytes, are known.
func Describe(ctx context.Context, store content.Provider, of digest.Digest, size int64) (ocispecs.Descriptor, error) {
	desc := ocispecs.Descriptor{Digest: of, Size: size}
	var both struct {
		MediaType string                `json:"mediaType"`
		Manifests []ocispecs.Descriptor `json:"manifests"`
	}
	if err := document(ctx, store, desc, &both); err != nil {
		return desc, err
	}
	// OCI's may lack the field (image-spec, manifest.md).
	desc.MediaType = cmp.Or(both.MediaType, ocispecs.MediaTypeImageManifest)
	if both.MediaType == "" && len(both.Manifests) > 0 {
		desc.MediaType = ocispecs.MediaTypeImageIndex
	}
	return desc, nil
}
