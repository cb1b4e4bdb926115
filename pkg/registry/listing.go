package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/retort-ci/retort/pkg/fault"
)

// tagWords are how registries say that a tag cannot be moved.
var tagWords = regexp.MustCompile(`(?i)immutab|overwrit|lock|TAG_INVALID|already exists`)

// What is known of a registry's referrers API.
const (
	listingUnknown int32 = iota
	listingOffered
	listingMissing
)

// listed makes sure that a manifest with a subject is among its referrers. The
// registry says so in its answer (OCI-Subject), or has the referrers API; else
// the list is kept under a fallback tag by its clients.
func (c *Client) listed(ctx context.Context, ref name.Reference, m *manifest, told http.Header) error {
	k, err := m.content()
	if err != nil || k.Subject == nil || told.Get("OCI-Subject") != "" {
		return nil //nolint:nilerr // what the registry took without being understood here has no subject
	}
	subject := ref.Context().Digest(k.Subject.Digest.String())
	_, offered, err := c.askReferrers(ctx, subject)
	if err != nil || offered {
		return err
	}
	desc := v1.Descriptor{MediaType: m.MediaType, Digest: m.Digest, Size: m.Size, Annotations: k.Annotations, ArtifactType: k.ArtifactType}
	if desc.ArtifactType == "" && k.Config != nil {
		desc.ArtifactType = string(k.Config.MediaType)
	}
	return c.addFallback(ctx, subject, desc)
}

// askReferrers asks the referrers API, false when the registry has none.
func (c *Client) askReferrers(ctx context.Context, subject name.Digest) (*v1.IndexManifest, bool, error) {
	h := c.host(subject.Context())
	if h.listing.Load() == listingMissing {
		return nil, false, nil
	}
	index, err := c.referrerPages(ctx, subject)
	if index != nil && err != nil {
		return nil, true, err // it has begun to answer
	}
	switch status(err) {
	case http.StatusNotFound, http.StatusBadRequest, http.StatusMethodNotAllowed:
		// 404 also means that the repository has nothing: then the fallback tag
		// has nothing either, and the next subject is asked for again.
		if coded(err, transport.NameUnknownErrorCode, transport.ManifestUnknownErrorCode) {
			return nil, false, nil
		}
		if !h.listing.CompareAndSwap(listingUnknown, listingMissing) && h.listing.Load() == listingOffered {
			// It is something before the registry that answers. What it says of
			// pages must not become what is said of evidence.
			return nil, true, fault.New(fault.Infrastructure, "run the same command again",
				"list referrers of %s: the registry, which listed some before, answered with status %d", show(subject), status(err))
		}
		return nil, false, nil
	}
	if err == nil {
		h.listing.Store(listingOffered)
	}
	return index, err == nil, err
}

// referrerPages gets the list, which may come in pages: with an error the first
// of them, if there are any.
func (c *Client) referrerPages(ctx context.Context, subject name.Digest) (*v1.IndexManifest, error) {
	asked := pulling("list referrers of", subject)
	k := call{
		method: http.MethodGet, repo: subject.Context(), path: "referrers/" + subject.DigestStr(), scope: transport.PullScope,
		header: http.Header{"Accept": {string(types.OCIImageIndex)}}, want: []int{http.StatusOK},
	}
	var all *v1.IndexManifest
	for range maxPages {
		var page *v1.IndexManifest
		err := c.trying(ctx, asked, func() (err error) {
			page, k.at, err = c.referrerPage(ctx, k)
			return err
		})
		switch {
		case err != nil:
			return all, err
		case all == nil:
			all = page
		default:
			all.Manifests = append(all.Manifests, page.Manifests...)
		}
		if k.at == nil {
			return all, nil
		}
	}
	return all, c.explain(asked, errEndless)
}

// referrerPage gets one page and the address of the next, nil after the last.
func (c *Client) referrerPage(ctx context.Context, k call) (*v1.IndexManifest, *url.URL, error) {
	resp, err := c.do(ctx, k)
	if err != nil {
		return nil, k.at, err
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := readManifest(resp.Body, resp.ContentLength)
	if err != nil {
		return nil, k.at, err
	}
	index, err := parseIndex(raw)
	if err != nil {
		return nil, k.at, err
	}
	next, err := nextPage(resp.Request.URL, resp.Header.Get("Link"))
	return index, next, err
}

func parseIndex(raw []byte) (*v1.IndexManifest, error) {
	var index v1.IndexManifest
	if err := json.Unmarshal(raw, &index); err != nil {
		return nil, fmt.Errorf("parse the list of referrers: %w", err)
	}
	return &index, nil
}

// fallbackTag is where referrers are listed without the API (distribution-spec
// v1.1, "Referrers Tag Schema").
func (c *Client) fallbackTag(subject name.Digest) (name.Reference, error) {
	return c.tag(subject.Context(), strings.Replace(subject.DigestStr(), ":", "-", 1))
}

// fallback reads the fallback tag, an empty list when there is none.
func (c *Client) fallback(ctx context.Context, subject name.Digest) (*v1.IndexManifest, error) {
	ref, err := c.fallbackTag(subject)
	if err != nil {
		return nil, err
	}
	m, err := c.get(ctx, ref)
	if errors.Is(err, ErrNotFound) || err == nil && !m.MediaType.IsIndex() {
		return &v1.IndexManifest{SchemaVersion: 2, MediaType: types.OCIImageIndex, Manifests: []v1.Descriptor{}}, nil
	}
	if err != nil {
		return nil, err
	}
	index, err := parseIndex(m.raw)
	return index, c.explain(pulling("list referrers of", subject), err)
}

// addFallback puts desc into the list under the fallback tag.
func (c *Client) addFallback(ctx context.Context, subject name.Digest, desc v1.Descriptor) error {
	defer c.subjects.lock(subject.Name())()
	index, err := c.fallback(ctx, subject)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(index.Manifests, func(d v1.Descriptor) bool { return d.Digest == desc.Digest }) {
		return nil
	}
	index.MediaType = types.OCIImageIndex
	index.Manifests = append(index.Manifests, desc)
	slices.SortFunc(index.Manifests, func(a, b v1.Descriptor) int {
		return strings.Compare(a.Digest.String(), b.Digest.String())
	})
	raw, err := json.Marshal(index)
	if err != nil {
		return err
	}
	ref, err := c.fallbackTag(subject)
	if err != nil {
		return err
	}
	_, err = c.write(ctx, ref, newManifest(types.OCIImageIndex, raw))
	return err
}
