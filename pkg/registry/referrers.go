package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sync/errgroup"
)

// Referrers gives the artifacts of the types (of every type when there is none)
// that refer to what subject names, with their data. When some cannot be read
// the others are given, with an error for each that is missing.
func (c *Client) Referrers(ctx context.Context, subject string, artifactTypes ...string) ([]Artifact, error) {
	parsed, err := c.parse(subject)
	if err != nil {
		return nil, err
	}
	digest, err := c.digest(ctx, parsed)
	if err != nil {
		return nil, err
	}
	index, err := c.referrers(ctx, parsed.Context().Digest(digest.String()))
	if err != nil {
		return nil, err
	}
	var refs []name.Reference
	for _, desc := range index.Manifests {
		if mayBe(desc, artifactTypes) {
			refs = append(refs, parsed.Context().Digest(desc.Digest.String()))
		}
	}
	found, err := c.artifacts(ctx, refs)
	return slices.DeleteFunc(found, func(a Artifact) bool {
		return len(artifactTypes) > 0 && !slices.Contains(artifactTypes, a.Type)
	}), err
}

// mayBe says whether a listed artifact may be of one of the types. Registries
// from before image-spec v1.1 list the config's media type instead, or nothing.
func mayBe(desc v1.Descriptor, artifactTypes []string) bool {
	return len(artifactTypes) == 0 || slices.Contains(artifactTypes, desc.ArtifactType) ||
		desc.ArtifactType == "" || desc.ArtifactType == string(emptyType)
}

// referrers lists what refers to subject. The registry is not asked to filter
// by type, see mayBe.
func (c *Client) referrers(ctx context.Context, subject name.Digest) (*v1.IndexManifest, error) {
	index, offered, err := c.askReferrers(ctx, subject)
	if err != nil || offered {
		return index, err
	}
	return c.fallback(ctx, subject)
}

// artifacts reads what refs name, in their order, several at once. What was deleted
// since it was listed is left out: an index that is a tag is not told of that.
func (c *Client) artifacts(ctx context.Context, refs []name.Reference) ([]Artifact, error) {
	read := make([]Artifact, len(refs))
	errs := make([]error, len(refs))
	group := errgroup.Group{}
	group.SetLimit(readers)
	for i, ref := range refs {
		group.Go(func() error {
			read[i], errs[i] = c.artifact(ctx, ref)
			return nil
		})
	}
	_ = group.Wait()
	found, err := collect(read, errs)
	return slices.DeleteFunc(found, func(a Artifact) bool { return a.Descriptor.Digest == v1.Hash{} }), err
}

// readers is how many small manifests are fetched at once.
const readers = 16

// artifact reads the artifact that ref names. It is the zero Artifact when there is
// none.
func (c *Client) artifact(ctx context.Context, ref name.Reference) (Artifact, error) {
	m, err := c.get(ctx, ref)
	if errors.Is(err, ErrNotFound) {
		return Artifact{}, nil
	}
	if err != nil {
		return Artifact{}, err
	}
	a, err := c.unpack(ctx, ref, m)
	return a, c.explain(pulling("read artifact", ref), err)
}

func (c *Client) unpack(ctx context.Context, ref name.Reference, m *manifest) (Artifact, error) {
	k, err := m.content()
	if err != nil {
		return Artifact{}, err
	}
	a := Artifact{Type: k.ArtifactType, Annotations: k.Annotations, Descriptor: m.Descriptor}
	if a.Type == "" && k.Config != nil { // image-spec: an artifact of before v1.1 is told by its config
		a.Type = string(k.Config.MediaType)
	}
	for i, layer := range k.Layers {
		data, err := c.data(ctx, ref.Context(), layer)
		if err != nil {
			return Artifact{}, fmt.Errorf("layer %s: %w", layer.Digest, err)
		}
		if i == 0 {
			a.MediaType, a.Data = string(layer.MediaType), data
			continue
		}
		a.Extra = append(a.Extra, Blob{MediaType: string(layer.MediaType), Data: data, Annotations: layer.Annotations})
	}
	return a, nil
}

// data gives a blob's bytes: those in the descriptor where they are what its
// digest says, else those of the registry.
func (c *Client) data(ctx context.Context, repo name.Repository, desc v1.Descriptor) ([]byte, error) {
	if desc.Size > maxData {
		return nil, fmt.Errorf("%d bytes are more than the %d an artifact may have", desc.Size, maxData)
	}
	if desc.Data != nil {
		if got := describe(desc.MediaType, desc.Data, nil); got.Digest == desc.Digest {
			return desc.Data, nil
		}
	}
	body, err := c.download(ctx, repo, desc) // of desc.Size bytes, checked against the digest
	if err != nil {
		return nil, err
	}
	defer func() { _ = body.Close() }()
	return io.ReadAll(body)
}
