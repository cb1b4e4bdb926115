package serve

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strings"

	"github.com/distribution/distribution/v3/registry/api/errcode"
	"github.com/distribution/reference"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// maxManifest is the size up to which distribution takes a manifest.
const maxManifest = 4 << 20

// referrers adds the referrers API (distribution-spec v1.1, end-12a and 12b)
// to the registry behind it.
type referrers struct {
	next  http.Handler
	links links
	log   *slog.Logger
}

func (h *referrers) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	repository, kind, identifier := splitPath(r.URL.Path)
	switch {
	case kind == "referrers" && (r.Method == http.MethodGet || r.Method == http.MethodHead):
		h.list(w, r, repository, identifier)
	case kind == "manifests" && r.Method == http.MethodPut:
		h.put(w, r, repository)
	default:
		h.next.ServeHTTP(w, r)
	}
}

// splitPath takes /v2/<repository>/<kind>/<identifier> apart; all are empty
// when the path is another, or the repository's name is against the grammar.
func splitPath(path string) (repository, kind, identifier string) {
	rest, ok := strings.CutPrefix(path, "/v2/")
	if !ok {
		return "", "", ""
	}
	parts := strings.Split(rest, "/")
	if len(parts) < 3 {
		return "", "", ""
	}
	at := len(parts) - 2
	repository = strings.Join(parts[:at], "/")
	if _, err := reference.WithName(repository); err != nil {
		return "", "", ""
	}
	return repository, parts[at], parts[at+1]
}

func (h *referrers) list(w http.ResponseWriter, r *http.Request, repository, identifier string) {
	subject, err := digest.Parse(identifier)
	if err != nil {
		_ = errcode.ServeJSON(w, errcode.ErrorCodeDigestInvalid.WithDetail(identifier))
		return
	}
	found, err := h.links.list(repository, subject)
	if err != nil {
		h.log.Error("list referrers", "repository", repository, "subject", subject, "err", err)
		_ = errcode.ServeJSON(w, errcode.ErrorCodeUnknown)
		return
	}
	if kind := r.URL.Query().Get("artifactType"); kind != "" {
		found = ofType(found, kind)
		w.Header().Set("OCI-Filters-Applied", "artifactType")
	}
	index := ocispec.Index{MediaType: ocispec.MediaTypeImageIndex, Manifests: found}
	index.SchemaVersion = 2
	w.Header().Set("Content-Type", ocispec.MediaTypeImageIndex)
	_ = json.NewEncoder(w).Encode(index) // fails when the client has gone
}

func ofType(all []ocispec.Descriptor, kind string) []ocispec.Descriptor {
	kept := []ocispec.Descriptor{}
	for _, desc := range all {
		if desc.ArtifactType == kind {
			kept = append(kept, desc)
		}
	}
	return kept
}

// put passes the manifest on and, when it has a subject and was accepted,
// remembers it before the client is told.
func (h *referrers) put(w http.ResponseWriter, r *http.Request, repository string) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxManifest))
	if err != nil {
		_ = errcode.ServeJSON(w, errcode.ErrorCodeManifestInvalid.WithDetail("the manifest did not arrive whole"))
		return
	}
	// What is beyond the limit goes along too: to refuse it is distribution's.
	r.Body = readCloser{io.MultiReader(bytes.NewReader(body), r.Body), r.Body}
	subject, desc, ok := referrer(r.Header.Get("Content-Type"), body)
	if !ok {
		h.next.ServeHTTP(w, r)
		return
	}
	h.next.ServeHTTP(&onCreated{ResponseWriter: w, do: func() error {
		if err := h.links.add(repository, subject, desc); err != nil {
			h.log.Error("keep a referrer", "repository", repository, "subject", subject, "err", err)
			return err
		}
		w.Header().Set("OCI-Subject", subject.String())
		return nil
	}}, r)
}

type readCloser struct {
	io.Reader
	io.Closer
}
