package retort

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/retort-ci/retort/pkg/evidence/bundle"
	"github.com/retort-ci/retort/pkg/registry"
)

// maxLegacy bounds a layer of the older form, in bytes: a statement of 4 MiB in
// base64.
const maxLegacy = 8 << 20

// legacy reads the attestations of image (repository@digest) that stand in the
// form cosign used before there were bundles: layers of an image under a tag that
// is made of the digest.
func (p *Pipeline) legacy(ctx context.Context, image string) ([]registry.Artifact, error) {
	repository, digest, _ := cutDigest(image)
	holder, err := p.registry.Image(ctx, repository+":"+bundle.LegacyTag(digest), nil)
	if errors.Is(err, registry.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	layers, err := holder.Layers()
	if err != nil {
		return nil, err
	}
	var all []registry.Artifact
	for _, layer := range layers {
		a := registry.Artifact{Type: bundle.LegacyType}
		mediaType, err := layer.MediaType()
		if err != nil {
			return nil, err
		}
		if string(mediaType) != bundle.LegacyType {
			continue
		}
		body, err := layer.Compressed() // as it is: an envelope is never compressed
		if err != nil {
			return nil, fmt.Errorf("attestation of cosign's older form: %w", err)
		}
		a.Data, err = io.ReadAll(io.LimitReader(body, maxLegacy))
		_ = body.Close()
		if err != nil {
			return nil, fmt.Errorf("attestation of cosign's older form: %w", err)
		}
		all = append(all, a)
	}
	return all, nil
}
