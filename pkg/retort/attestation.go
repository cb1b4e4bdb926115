package retort

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/retort-ci/retort/pkg/evidence"
	"github.com/retort-ci/retort/pkg/evidence/bundle"
	"github.com/retort-ci/retort/pkg/internal/memo"
	"github.com/retort-ci/retort/pkg/registry"
)

// attestation is a statement that a registry holds about an image.
type attestation struct {
	evidence.Statement
	raw      []byte            // the whole statement, for the parsers of its type
	signer   string            // name of the key that signed it, or empty
	artifact registry.Artifact // that holds it
	// problem is why it is of no account: broken, not about the image, or signed by
	// none of the keys. Empty: it counts.
	problem string
	broken  bool // it is of no account whatever the keys
}

// attestations reads all that is stated about image (repository@digest), in the
// registry's order. With keys only what one of them signed counts, in bundles and
// in the form that cosign used before; without keys everything counts that can be
// read and is about the image, signed or not.
func (p *Pipeline) attestations(ctx context.Context, image string, keys bundle.Keys) ([]attestation, error) {
	_, digest, _ := strings.Cut(image, "@")
	artifacts, err := p.registry.Referrers(ctx, image, evidence.MediaType, bundle.MediaType)
	if err != nil {
		return nil, err
	}
	if keys != nil {
		older, err := p.legacy(ctx, image)
		if err != nil {
			return nil, err
		}
		artifacts = append(artifacts, older...)
	}
	all := make([]attestation, len(artifacts))
	for i, a := range artifacts {
		all[i] = open(a, digest, keys)
	}
	return all, nil
}

// open reads a statement, and says whether it counts.
func open(a registry.Artifact, digest string, keys bundle.Keys) attestation {
	out := attestation{artifact: a, raw: a.Data}
	var err error
	if a.Type != evidence.MediaType {
		out.raw, out.signer, err = bundle.Open(a.Data, keys)
	} else if keys != nil {
		out.problem = "not signed"
	}
	if errors.Is(err, bundle.ErrSignature) {
		if keys != nil {
			out.problem = err.Error()
		}
		out.raw, err = bundle.Unverified(a.Data)
	}
	if err == nil {
		out.Statement, err = evidence.Parse(out.raw)
	}
	if err == nil && !out.About(digest) {
		err = fmt.Errorf("it is not about %s", digest)
	}
	if err != nil {
		out.problem, out.broken = err.Error(), true
	}
	return out
}

// tellBroken warns of what proves nothing, whoever's word counts.
func (p *Pipeline) tellBroken(stage string, all []attestation) {
	for _, a := range all {
		if a.broken {
			p.leaveOut(stage, a, a.problem)
		}
	}
}

func (p *Pipeline) leaveOut(stage string, a attestation, why string) {
	p.warn(stage, "", fmt.Sprintf("evidence %s is left out of account: %s", a.artifact.Descriptor.Digest, why))
}

// signedWith says whether one of the keys signed it, and it is about the digest. A
// name would not do: two files may have the same one.
func (a attestation) signedWith(keys bundle.Keys) bool {
	if a.broken || a.artifact.Type == evidence.MediaType {
		return false // a plain statement may carry a bundle that is about something else
	}
	_, _, err := bundle.Open(a.artifact.Data, keys)
	return err == nil
}

// witness reads what is stated about images once, for all gates of an
// environment.
type witness struct {
	p    *Pipeline
	keys bundle.Keys // whose word counts; nil: everyone's

	heard memo.Map[[]attestation] // by image
}

// about is attestations of image under the witness's keys.
func (w *witness) about(ctx context.Context, image string) ([]attestation, error) {
	return w.heard.Get(image, func() ([]attestation, error) {
		all, err := w.p.attestations(ctx, image, w.keys)
		w.p.tellBroken("promote", all)
		return all, err
	})
}
