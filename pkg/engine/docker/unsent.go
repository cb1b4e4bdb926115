package docker

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/docker/docker/api/types/image"
	"github.com/google/go-containerregistry/pkg/name"

	"github.com/retort-ci/retort/pkg/engine"
)

// maxCompared is how many images are looked at to find what a registry has.
const maxCompared = 50

// Unsent goes by the images that the daemon has from the registry, or has pushed
// to it: it remembers the digests of their layers and mounts them. The layers of
// the one that has most in common with the image need not be sent.
func (e *Engine) Unsent(ctx context.Context, id, ref string) (unsent, total int64, err error) {
	parsed, err := name.ParseReference(ref)
	if err != nil {
		return 0, 0, err
	}
	of, err := e.InspectImage(ctx, id)
	if err != nil {
		return 0, 0, err
	}
	list, err := e.api.ImageList(ctx, image.ListOptions{})
	if err != nil {
		return 0, 0, e.explain(ctx, "list images", err)
	}
	steps, err := e.api.ImageHistory(ctx, of.ID)
	if err != nil {
		return 0, 0, e.explain(ctx, "ask for the history of "+id, err)
	}
	unsent = of.Size
	for _, summary := range held(list, parsed.Context().RegistryStr()) {
		common, err := e.common(ctx, of, steps, summary.ID)
		if err != nil {
			return 0, 0, err
		}
		unsent = min(unsent, max(of.Size-common, 0))
	}
	return unsent, of.Size, nil
}

// held are the newest images that the registry has under a digest.
func held(list []image.Summary, registry string) []image.Summary {
	there := slices.DeleteFunc(list, func(s image.Summary) bool {
		return !slices.ContainsFunc(s.RepoDigests, func(at string) bool {
			digest, err := name.NewDigest(at)
			return err == nil && digest.RegistryStr() == registry
		})
	})
	slices.SortFunc(there, func(a, b image.Summary) int { return int(min(max(b.Created-a.Created, -1), 1)) })
	return there[:min(len(there), maxCompared)]
}

// common is the size of the lower layers that two images share. The daemon tells
// no layer's size, but what each step of an image's history has added.
func (e *Engine) common(ctx context.Context, of engine.ImageInfo, steps []image.HistoryResponseItem, other string) (int64, error) {
	info, err := e.InspectImage(ctx, other)
	if errors.Is(err, engine.ErrImageNotFound) {
		return 0, nil // removed since it was listed
	}
	if err != nil {
		return 0, err
	}
	switch {
	case isPrefix(info.DiffIDs, of.DiffIDs):
		return info.Size, nil
	case len(of.DiffIDs) == 0 || len(info.DiffIDs) == 0 || of.DiffIDs[0] != info.DiffIDs[0]:
		return 0, nil
	}
	theirs, err := e.api.ImageHistory(ctx, info.ID)
	if err != nil {
		return 0, e.explain(ctx, "ask for the history of "+other, err)
	}
	return commonSteps(steps, theirs), nil
}

// commonSteps adds up what the oldest steps have added, as long as they are the
// same. The newest step comes first in both.
func commonSteps(a, b []image.HistoryResponseItem) int64 {
	var size int64
	for i := 1; i <= min(len(a), len(b)); i++ {
		x, y := a[len(a)-i], b[len(b)-i]
		if x.Created != y.Created || x.Size != y.Size || strings.TrimSpace(x.CreatedBy) != strings.TrimSpace(y.CreatedBy) {
			break
		}
		size += x.Size
	}
	return size
}
