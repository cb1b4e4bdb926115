package registry

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/retort-ci/retort/pkg/progress"
)

// attachTries is how often an artifact is put before a registry is believed
// not to list it.
const attachTries = 3

// Attach stores the artifact as a referrer of what subject names and gives the
// descriptor of its manifest. Attaching the same again changes nothing.
//
// Where a registry has no referrers API, the list of referrers is an index
// under a fallback tag (distribution-spec v1.1, "Referrers Tag Schema") that
// clients change in turn; the artifact is put again when another client's
// change has swallowed it. That leaves a window between clients of different
// processes, which only a registry with the API closes.
func (c *Client) Attach(ctx context.Context, subject string, a Artifact) (v1.Descriptor, error) {
	parsed, err := c.parse(subject)
	if err != nil {
		return v1.Descriptor{}, err
	}
	target, err := c.resolve(ctx, parsed)
	if err != nil {
		return v1.Descriptor{}, err
	}
	t := c.begin("attach " + a.Type + " to " + show(parsed))
	desc, err := c.attach(ctx, t, parsed.Context().Digest(target.Digest.String()), target, a)
	t.end(progress.Done, err)
	return desc, err
}

func (c *Client) attach(ctx context.Context, t *task, subject name.Digest, target v1.Descriptor, a Artifact) (v1.Descriptor, error) {
	manifest, blobs, err := a.manifest(target)
	if err != nil {
		return v1.Descriptor{}, err
	}
	desc := manifest.Descriptor
	ref := subject.Context().Digest(desc.Digest.String())
	for range attachTries {
		if err := c.store(ctx, t, ref, manifest, blobs); err != nil {
			return v1.Descriptor{}, err
		}
		index, err := c.referrers(ctx, subject)
		if err != nil {
			return v1.Descriptor{}, err
		}
		listed := func(d v1.Descriptor) bool { return d.Digest == desc.Digest }
		if slices.ContainsFunc(index.Manifests, listed) {
			return desc, nil
		}
	}
	return v1.Descriptor{}, c.explain(pushing("attach to", subject),
		fmt.Errorf("the registry took %s but does not list it", desc.Digest))
}

// store sends an artifact's blobs, then its manifest under ref.
func (c *Client) store(ctx context.Context, t *task, ref name.Reference, m *manifest, blobs []blob) error {
	if err := c.depositAll(ctx, t, ref.Context(), blobs); err != nil {
		return err
	}
	return c.put(ctx, ref, m)
}
