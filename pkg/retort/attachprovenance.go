package retort

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/evidence"
	"github.com/retort-ci/retort/pkg/state"
)

// attachProvenance states how the service's image came to be, as a referrer of
// image (repository@digest). Nothing is claimed about an image that this
// workspace did not build. Attaching it again changes nothing.
func (p *Pipeline) attachProvenance(ctx context.Context, run state.Run, service, image string) error {
	known := run.Services[service]
	if known.Build == nil {
		return nil
	}
	same, err := p.isImage(ctx, image, known.Image)
	if err != nil || !same {
		return err
	}
	repository, digest, _ := strings.Cut(image, "@")
	provenance := statedProvenance(run, service)
	provenance.Subjects = []evidence.Subject{{Name: repository, Digest: digest}}
	statement, err := provenance.Statement()
	if err != nil {
		return fmt.Errorf("%s: %w", service, err)
	}
	return p.attach(ctx, image, attachment{
		statement: statement, predicateType: evidence.ProvenanceType, made: provenance.Finished,
	})
}

// statedProvenance is what the state knows, less the subject.
func statedProvenance(run state.Run, service string) evidence.Provenance {
	s := run.Services[service]
	b := s.Build
	return evidence.Provenance{
		Builder: b.Builder, Version: b.Version, Invocation: b.Invocation, Started: b.Started, Finished: b.Finished,
		Source: evidence.Source{
			Repository: b.Repository, Commit: run.Commit, Branch: b.Branch, Tag: b.Tag, Modified: b.Modified,
		},
		Parameters: evidence.Parameters{
			Service: service, Context: b.Context, Dockerfile: b.Dockerfile, Target: b.Target,
			Platforms: b.Platforms, Args: withoutNames(b.Args, b.Secrets), Secrets: b.Secrets,
		},
		BaseImages: baseImages(s.Bases),
	}
}

// withoutNames drops arguments that have the name of a secret.
func withoutNames(args map[string]string, secrets []string) map[string]string {
	public := map[string]string{}
	for name, value := range args {
		if !slices.Contains(secrets, name) {
			public[name] = value
		}
	}
	return public
}

// baseImages are those with a digest, in an order that does not depend on which
// of them was resolved first.
func baseImages(bases []engine.Base) []evidence.Subject {
	var list []evidence.Subject
	for _, b := range bases {
		if b.Digest != "" {
			list = append(list, evidence.Subject{Name: b.Name, Digest: b.Digest})
		}
	}
	slices.SortFunc(list, func(a, b evidence.Subject) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Digest, b.Digest))
	})
	return slices.Compact(list)
}
