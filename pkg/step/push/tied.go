package push

import (
	"context"
	"fmt"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/retort-ci/retort/pkg/internal/memo"
	"github.com/retort-ci/retort/pkg/registry"
)

// contents are an image's layers as its manifest has them, by the diff IDs of
// its config: what ties a blob to what it unpacks to.
type contents map[v1.Hash]v1.Descriptor

// contentsOf reads manifest and config, which their digests vouch for.
func contentsOf(img v1.Image) (contents, error) {
	m, err := img.Manifest()
	if err != nil {
		return nil, err
	}
	config, err := img.ConfigFile()
	if err != nil {
		return nil, err
	}
	if len(m.Layers) != len(config.RootFS.DiffIDs) {
		return nil, fmt.Errorf("the manifest has %d layers, the config %d", len(m.Layers), len(config.RootFS.DiffIDs))
	}
	found := contents{}
	for i, diffID := range config.RootFS.DiffIDs {
		found[diffID] = m.Layers[i]
	}
	return found, nil
}

// witnesses are the images that layers are remembered with, each fetched once
// in one push.
type witnesses struct {
	reg  Registry
	seen memo.Map[contents] // by repository@digest
}

// contents gives those of the image at repository@digest.
func (w *witnesses) contents(ctx context.Context, at string) (contents, error) {
	return w.seen.Get(at, func() (contents, error) {
		img, err := w.reg.Image(ctx, at, nil)
		if err != nil {
			return nil, err
		}
		return contentsOf(img)
	})
}

// hint gives what an image in a registry of the references says of the layer, if
// that is what is remembered: that a registry has a blob of the digest does not
// say that it is this layer.
func (w *witnesses) hint(ctx context.Context, e layerEntry, diffID v1.Hash, refs []string) (hint registry.Hint, ok bool, err error) {
	hint.DiffID = diffID
	var ask []string
	for _, at := range e.Images {
		hint.Repositories = append(hint.Repositories, repositoryOf(at))
		if slices.ContainsFunc(refs, func(ref string) bool { return registryOf(ref) == registryOf(at) }) {
			ask = append([]string{at}, ask...) // the newest first
		}
	}
	for _, at := range ask[:min(len(ask), maxAsked)] {
		found, err := w.contents(ctx, at)
		if registry.Away(err) {
			return hint, false, err
		}
		if err != nil {
			continue // it may be deleted; another may be there
		}
		desc, ok := found[diffID]
		hint.Digest, hint.Size, hint.MediaType = desc.Digest, desc.Size, desc.MediaType
		return hint, ok && desc.Digest == e.Digest, nil
	}
	return hint, false, nil
}

// believed says whether what is remembered of the image's layers is what the
// registry holds under its name. A layer remembered with this very image as
// another blob means that one of the two is false.
func (m memory) believed(held v1.Image, at string, opts Options) (bool, error) {
	found, err := contentsOf(held)
	if err != nil {
		return false, err
	}
	if _, digest, ok := strings.Cut(at, "@"); ok {
		at = repositoryOf(at) + "@" + digest // an engine tells it short
	}
	for diffID, desc := range found {
		e, ok := m.layer(opts.Compression.Key(diffID))
		if ok && e.Digest != desc.Digest && slices.Contains(e.Images, at) {
			return false, nil
		}
	}
	return true, nil
}
