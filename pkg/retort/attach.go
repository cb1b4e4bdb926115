package retort

import (
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/retort-ci/retort/pkg/evidence"
	"github.com/retort-ci/retort/pkg/evidence/bundle"
	"github.com/retort-ci/retort/pkg/registry"
)

// attachment is a statement on its way to the image that it is about.
type attachment struct {
	statement     []byte
	predicateType string
	made          time.Time         // when what it says came to be: the clock's time would make it new each time
	annotations   map[string]string // besides
	reports       *registry.Blob    // JUnit that the statement names by its digest, or nil
}

// attach stores the statement as a referrer of image (repository@digest): as it
// is, or with a key in a sigstore bundle. cosign passes over a bundle with a
// second layer, so the reports of a signed statement are a referrer of their own.
// It comes first: who sees the statement finds it.
func (p *Pipeline) attach(ctx context.Context, image string, a attachment) error {
	reg := p.registry.With("push", "")
	artifact := registry.Artifact{
		Type: evidence.MediaType, MediaType: evidence.MediaType, Data: a.statement,
		Annotations: map[string]string{predicateType: a.predicateType},
	}
	if p.opts.Signer != nil {
		signed, err := p.opts.Signer.Sign(a.statement)
		if err != nil {
			return err
		}
		artifact.Type, artifact.MediaType, artifact.Data = bundle.MediaType, bundle.MediaType, signed
		maps.Copy(artifact.Annotations, bundle.Annotations(a.predicateType, a.made))
	}
	artifact.Annotations[created] = a.made.UTC().Format(time.RFC3339Nano)
	maps.Copy(artifact.Annotations, a.annotations)
	switch {
	case a.reports == nil:
	case p.opts.Signer == nil:
		artifact.Extra = []registry.Blob{*a.reports}
	default:
		_, err := reg.Attach(ctx, image, registry.Artifact{
			Type: reportsType, MediaType: a.reports.MediaType, Data: a.reports.Data, Annotations: a.annotations,
		})
		if err != nil {
			return fmt.Errorf("attach reports: %w", err)
		}
	}
	_, err := reg.Attach(ctx, image, artifact)
	return err
}
