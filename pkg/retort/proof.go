package retort

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/retort-ci/retort/pkg/evidence"
	"github.com/retort-ci/retort/pkg/registry"
)

// Annotations of evidence. The statement says what was found out; they say what
// a reader of the list wants to know of the run.
const (
	created         = "org.opencontainers.image.created" // when a suite ran (image-spec, annotations.md)
	suiteSeconds    = "dev.retort.seconds"               // how long it took
	predicateType   = "in-toto.io/predicate-type"
	suiteAnnotation = "dev.retort.suite"
	verdictOf       = "dev.retort.verdict"
)

// flaky is a verdict that only annotations tell from passed.
const flaky = "flaky"

// junitType is the media type of the layer behind a statement: the suite's
// JUnit reports as one document.
const junitType = "application/xml"

// proof is a test result that a registry holds about an image.
type proof struct {
	evidence.TestResult
	ran     time.Time // one that does not say counts as the oldest
	seconds float64
	flaky   bool   // it passed when it was run again
	junit   []byte // nil when it is not kept
}

// proofs reads the test results about an image (repository@digest), the oldest
// first. A statement that cannot be read, or is about something else, proves
// nothing, and is told.
func (p *Pipeline) proofs(ctx context.Context, stage, image string) ([]proof, error) {
	_, digest, _ := strings.Cut(image, "@")
	artifacts, err := p.registry.Referrers(ctx, image, evidence.MediaType)
	if err != nil {
		return nil, err
	}
	var all []proof
	for _, a := range artifacts {
		result, err := evidence.ParseTestResult(a.Data)
		if err != nil || !result.About(digest) {
			p.warn(stage, "", fmt.Sprintf("evidence %s is left out of account: not a test result about %s", a.Descriptor.Digest, digest))
			continue
		}
		all = append(all, newProof(result, a))
	}
	slices.SortStableFunc(all, func(a, b proof) int { return a.ran.Compare(b.ran) })
	return all, nil
}

func newProof(result evidence.TestResult, a registry.Artifact) proof {
	pr := proof{TestResult: result}
	pr.ran, _ = time.Parse(time.RFC3339Nano, a.Annotations[created])
	pr.flaky = a.Annotations[verdictOf] == flaky
	pr.seconds, _ = strconv.ParseFloat(a.Annotations[suiteSeconds], 64)
	for _, blob := range a.Extra {
		if blob.MediaType == junitType {
			pr.junit = blob.Data
		}
	}
	return pr
}

// passedSuites says of every suite that the registry has evidence of whether it
// lets the image pass.
func (p *Pipeline) passedSuites(ctx context.Context, image string) (map[string]bool, error) {
	all, err := p.proofs(ctx, "promote", image)
	if err != nil {
		return nil, err
	}
	return standing(all), nil
}
