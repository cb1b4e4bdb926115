package retort

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/retort-ci/retort/pkg/evidence"
	"github.com/retort-ci/retort/pkg/evidence/bundle"
	"github.com/retort-ci/retort/pkg/registry"
	"github.com/retort-ci/retort/pkg/step/promote"
)

// builtFrom gives what an image (repository@digest) was built from, by each
// provenance that the registry holds of it. One that cannot be read, or is about
// something else, says nothing, and is told. What could not be fetched is in the
// error, beside what could.
func (p *Pipeline) builtFrom(ctx context.Context, image string) ([]promote.Built, error) {
	_, digest, _ := strings.Cut(image, "@")
	plain, plainErr := p.registry.Referrers(ctx, image, evidence.MediaType)
	signed, signedErr := p.registry.Referrers(ctx, image, bundle.MediaType)
	var builds []promote.Built
	for _, a := range slices.Concat(plain, signed) {
		source, ok, err := sourceOf(a, digest)
		if err != nil {
			p.warn("promote", "", fmt.Sprintf("evidence %s is left out of account: %v", a.Descriptor.Digest, err))
		}
		if ok {
			builds = append(builds, promote.Built{Branch: source.Branch, Tag: source.Tag})
		}
	}
	return builds, errors.Join(plainErr, signedErr)
}

// sourceOf reads the artifact, if it is provenance of the digest.
func sourceOf(a registry.Artifact, digest string) (source evidence.Source, ok bool, err error) {
	data, err := statementIn(a)
	if err != nil {
		return source, false, err
	}
	statement, err := evidence.Parse(data)
	if err != nil || statement.PredicateType != evidence.ProvenanceType {
		return source, false, err
	}
	found, err := evidence.ParseProvenance(data)
	if err == nil && !found.About(digest) {
		err = fmt.Errorf("it is not about %s", digest)
	}
	return found.Source, err == nil, err
}

// statementIn gives the statement in an artifact, and believes whoever could
// store it: where an environment names signers, this is the place to ask who
// signed.
func statementIn(a registry.Artifact) ([]byte, error) {
	if a.MediaType == bundle.MediaType {
		return bundle.Unverified(a.Data)
	}
	return a.Data, nil
}
