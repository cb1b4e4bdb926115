package savedimage

import (
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// AsOCI renames Docker's layer type: the bytes are the same, and one manifest
// names them in one way. What a registry client can mount stays mountable.
func AsOCI(l v1.Layer) v1.Layer {
	if t, err := l.MediaType(); err != nil || t != types.DockerLayer {
		return l
	}
	if m, ok := l.(*remote.MountableLayer); ok {
		return &remote.MountableLayer{Layer: ociLayer{m.Layer}, Reference: m.Reference}
	}
	return ociLayer{l}
}

type ociLayer struct{ v1.Layer }

// MediaType is the OCI name of a gzipped tar: image-spec v1.1, layer.md.
func (ociLayer) MediaType() (types.MediaType, error) { return types.OCILayer, nil }
