package registry

import (
	"bytes"
	"context"
	"encoding/json"
	"io"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/retort-ci/retort/pkg/fault"
)

const (
	// emptyType is the media type of a config that says nothing (image-spec
	// v1.1, "Guidance for an Empty Descriptor").
	emptyType = types.MediaType("application/vnd.oci.empty.v1+json")
	// maxInline is the size up to which data stands in the manifest as well, so
	// that one GET gives all. Registries take manifests of 4 MiB.
	maxInline = 32 << 10
	// maxData bounds what is read of one blob of an artifact.
	maxData = 32 << 20
)

// Artifact is data about an image, stored as a manifest that refers to it
// (image-spec v1.1, "Guidelines for Artifact Usage").
type Artifact struct {
	Type        string            // the manifest's artifactType
	MediaType   string            // of Data
	Data        []byte            // the first layer
	Annotations map[string]string // of the manifest
	Extra       []Blob            // layers after the first
	Descriptor  v1.Descriptor     // of the manifest; set by Referrers, ignored by Attach
}

// Blob is a further layer of an Artifact.
type Blob struct {
	MediaType   string
	Data        []byte
	Annotations map[string]string
}

// manifest makes the artifact's manifest, the same bytes for the same artifact,
// and the blobs it names, the config among them.
func (a Artifact) manifest(subject v1.Descriptor) (*manifest, []blob, error) {
	if a.Type == "" || a.MediaType == "" || len(a.Data) == 0 {
		return nil, nil, fault.New(fault.Unexpected, "", "an artifact needs a type, a media type and data")
	}
	m := v1.Manifest{
		SchemaVersion: 2,
		MediaType:     types.OCIManifestSchema1,
		ArtifactType:  a.Type,
		Config:        describe(emptyType, []byte("{}"), nil),
		Subject:       &v1.Descriptor{MediaType: subject.MediaType, Digest: subject.Digest, Size: subject.Size},
		Annotations:   a.Annotations,
	}
	blobs := []blob{data([]byte("{}"))}
	for _, b := range append([]Blob{{MediaType: a.MediaType, Data: a.Data}}, a.Extra...) {
		mediaType := types.MediaType(b.MediaType)
		m.Layers = append(m.Layers, describe(mediaType, b.Data, b.Annotations))
		blobs = append(blobs, data(b.Data))
	}
	raw, err := json.Marshal(m)
	if err != nil {
		return nil, nil, err
	}
	return newManifest(m.MediaType, raw), blobs, nil
}

// data is a blob of bytes at hand.
func data(b []byte) blob {
	desc := describe("", b, nil)
	return blob{digest: desc.Digest, size: desc.Size, open: func(context.Context) (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(b)), nil
	}}
}

func describe(mediaType types.MediaType, data []byte, annotations map[string]string) v1.Descriptor {
	digest, size, _ := v1.SHA256(bytes.NewReader(data)) // a bytes.Reader does not fail
	desc := v1.Descriptor{MediaType: mediaType, Digest: digest, Size: size, Annotations: annotations}
	if size <= maxInline {
		desc.Data = data
	}
	return desc
}
