package registry

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/retort-ci/retort/pkg/fault"
)

const (
	// usualManifest is the size up to which registries take manifests
	// (distribution-spec v1.1, "Pushing Manifests").
	usualManifest = 4 << 20
	// maxManifest is the size up to which this client reads them.
	maxManifest = 8 << 20
)

// manifest is the exact bytes of an image's manifest or of an index, which
// its digest is of.
type manifest struct {
	v1.Descriptor
	raw []byte
}

// newManifest describes the bytes.
func newManifest(mediaType types.MediaType, raw []byte) *manifest {
	desc := describe(mediaType, raw, nil)
	desc.Data = nil
	return &manifest{Descriptor: desc, raw: raw}
}

// content is what manifests and indexes say about what they need.
type content struct {
	MediaType    types.MediaType   `json:"mediaType"`
	ArtifactType string            `json:"artifactType"`
	Config       *v1.Descriptor    `json:"config"`
	Layers       []v1.Descriptor   `json:"layers"`
	Manifests    []v1.Descriptor   `json:"manifests"`
	Subject      *v1.Descriptor    `json:"subject"`
	Annotations  map[string]string `json:"annotations"`
}

// content parses the manifest. One of schema 1, or of a kind that is not known
// here, is refused by name: it cannot be told what it needs.
func (m *manifest) content() (content, error) {
	var k content
	switch {
	case schema1(m.MediaType):
		return k, fault.Wrap(fault.Usage, fmt.Errorf("%s is a schema 1 manifest: %w", m.Digest, remote.ErrSchema1),
			"push the image again with a current tool: schema 1 is no longer supported")
	case !m.MediaType.IsIndex() && !m.MediaType.IsImage():
		return k, fault.New(fault.Usage, "", "%s is neither an image nor an index, but %s", m.Digest, m.MediaType)
	}
	if err := json.Unmarshal(m.raw, &k); err != nil {
		return k, fmt.Errorf("parse manifest %s: %w", m.Digest, err)
	}
	return k, nil
}

func schema1(mediaType types.MediaType) bool {
	return mediaType == types.DockerManifestSchema1 || mediaType == types.DockerManifestSchema1Signed
}

// blobs are the config and the layers, each once, without those that their
// licence forbids to copy: they have addresses of their own (image-spec v1.1,
// "Non-Distributable Layers").
func (k content) blobs() []v1.Descriptor {
	var found []v1.Descriptor
	add := func(desc v1.Descriptor) {
		known := func(d v1.Descriptor) bool { return d.Digest == desc.Digest }
		if desc.MediaType.IsDistributable() && !slices.ContainsFunc(found, known) {
			found = append(found, desc)
		}
	}
	if k.Config != nil {
		add(*k.Config)
	}
	for _, layer := range k.Layers {
		add(layer)
	}
	for _, child := range k.Manifests {
		if !isManifest(child.MediaType) {
			add(child) // image-spec allows an index to name what it likes
		}
	}
	return found
}

// children are the manifests that an index names, each once.
func (k content) children() []v1.Descriptor {
	var found []v1.Descriptor
	for _, child := range k.Manifests {
		known := func(d v1.Descriptor) bool { return d.Digest == child.Digest }
		if isManifest(child.MediaType) && !slices.ContainsFunc(found, known) {
			found = append(found, child)
		}
	}
	return found
}

func isManifest(mediaType types.MediaType) bool {
	return mediaType.IsIndex() || mediaType.IsImage() || schema1(mediaType)
}

// accepted are the media types that are asked for.
func accepted() []string {
	return []string{
		string(types.DockerManifestSchema2), string(types.OCIManifestSchema1),
		string(types.DockerManifestList), string(types.OCIImageIndex),
		string(types.DockerManifestSchema1Signed), string(types.DockerManifestSchema1),
	}
}

// readManifest reads a body that has size bytes, -1 when that is not known.
func readManifest(body io.Reader, size int64) ([]byte, error) {
	if size > maxManifest {
		return nil, tooLarge(size)
	}
	var b bytes.Buffer
	n, err := io.Copy(&b, io.LimitReader(body, maxManifest+1))
	if err == nil && n > maxManifest {
		err = tooLarge(n)
	}
	return b.Bytes(), err
}

func tooLarge(size int64) error {
	return fault.New(fault.Infrastructure, "an image or index of this size is a mistake, or an attack: look at what was pushed there",
		"the manifest has %d bytes or more, registries take %d and this client %d", size, usualManifest, maxManifest)
}
