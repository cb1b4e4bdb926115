package serve

import (
	"encoding/json"
	"mime"
	"net/http"

	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// referrer reads a manifest for its subject and gives the descriptor under
// which the manifest is listed there: with its annotations, and with its
// artifactType or, for images without one, the config's media type. It is
// false for manifests without a subject and for what is no manifest.
func referrer(contentType string, manifest []byte) (subject digest.Digest, desc ocispec.Descriptor, ok bool) {
	mediaType, _, err := mime.ParseMediaType(contentType)
	if err != nil || (mediaType != ocispec.MediaTypeImageManifest && mediaType != ocispec.MediaTypeImageIndex) {
		return "", desc, false
	}
	// An index has the same fields, less the config.
	var m ocispec.Manifest
	if json.Unmarshal(manifest, &m) != nil || m.Subject == nil || m.Subject.Digest.Validate() != nil {
		return "", desc, false
	}
	kind := m.ArtifactType
	if kind == "" {
		kind = m.Config.MediaType
	}
	return m.Subject.Digest, ocispec.Descriptor{
		MediaType:    mediaType,
		Digest:       digest.FromBytes(manifest),
		Size:         int64(len(manifest)),
		ArtifactType: kind,
		Annotations:  m.Annotations,
	}, true
}

// onCreated does something when the handler behind it answers 201, before the
// client learns of it; when that fails, the client is told 500 instead.
type onCreated struct {
	http.ResponseWriter
	do     func() error
	failed bool
}

// WriteHeader passes code on, less a 201 that could not be kept.
func (w *onCreated) WriteHeader(code int) {
	if code == http.StatusCreated && w.do() != nil {
		w.failed = true
		code = http.StatusInternalServerError
	}
	w.ResponseWriter.WriteHeader(code)
}

// Write drops the body of an answer that was turned into a failure.
func (w *onCreated) Write(p []byte) (int, error) {
	if w.failed {
		return len(p), nil
	}
	return w.ResponseWriter.Write(p)
}
