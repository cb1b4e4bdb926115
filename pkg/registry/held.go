package registry

import (
	"context"
	"fmt"
	"io"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"golang.org/x/sync/errgroup"
)

// Hint is what somebody knows of a layer: a blob, and what it unpacks to, by the
// manifest and the config of an image. That they belong together is not asked
// here. Where it has been seen may be wrong.
type Hint struct {
	DiffID       v1.Hash
	Digest       v1.Hash
	Size         int64
	MediaType    types.MediaType
	Repositories []string // where it has been seen, in full
}

// Held gives the layer of the hint where nobody needs its bytes any more: each
// repository of the references has it, or another of its registry that the hint
// knows, to be mounted from. ErrNotFound wrapped where one has to be sent it.
func (c *Client) Held(ctx context.Context, hint Hint, refs ...string) (v1.Layer, error) {
	parsed, err := c.parseAll(refs)
	if err != nil {
		return nil, err
	}
	var seen []name.Repository
	for _, at := range hint.Repositories {
		if repo, err := c.parseRepository(at); err == nil {
			seen = append(seen, repo)
		}
	}
	repos := repositories(parsed)
	holders := make([]name.Repository, len(repos))
	group, within := errgroup.WithContext(ctx)
	for i, repo := range repos {
		group.Go(func() (err error) {
			holders[i], err = c.holder(within, hint, repo, seen)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	bytes := c.blobOf(holders[0], v1.Descriptor{Digest: hint.Digest, Size: hint.Size})
	held := &heldLayer{hint: hint, open: func() (io.ReadCloser, error) { return bytes.open(ctx) }}
	layer, err := partial.CompressedToLayer(held)
	return &remote.MountableLayer{Layer: layer, Reference: holders[0].Digest(hint.Digest.String())}, err
}

// holder finds who has the layer, the repository itself first.
func (c *Client) holder(ctx context.Context, hint Hint, repo name.Repository, seen []name.Repository) (name.Repository, error) {
	scope := transport.PushScope // what comes next needs it, so that one token does
	for i, at := range append([]name.Repository{repo}, seen...) {
		if i > 0 {
			scope = transport.PullScope
		}
		if i > 0 && (at.Name() == repo.Name() || at.RegistryStr() != repo.RegistryStr()) {
			continue
		}
		has, err := c.hasBlob(ctx, at, scope, hint.Digest, hint.Size)
		if err != nil {
			return at, err
		}
		if has {
			c.host(at).blobs.add(hint.Digest, at.RepositoryStr())
			return at, nil
		}
	}
	return repo, fmt.Errorf("%s has no layer %s: %w", show(repo), hint.Digest, ErrNotFound)
}

// heldLayer is a layer that a repository has.
type heldLayer struct {
	hint Hint
	open func() (io.ReadCloser, error)
}

var _ partial.CompressedLayer = (*heldLayer)(nil)

// Digest is of the compressed bytes.
func (l *heldLayer) Digest() (v1.Hash, error) { return l.hint.Digest, nil }

// DiffID is of the uncompressed bytes.
func (l *heldLayer) DiffID() (v1.Hash, error) { return l.hint.DiffID, nil }

// Size is of the compressed bytes.
func (l *heldLayer) Size() (int64, error) { return l.hint.Size, nil }

// MediaType is the one that it was pushed with.
func (l *heldLayer) MediaType() (types.MediaType, error) { return l.hint.MediaType, nil }

// Compressed fetches the bytes, if they are needed after all.
func (l *heldLayer) Compressed() (io.ReadCloser, error) { return l.open() }
