package retort

import (
	"context"
	"slices"
	"strconv"

	"github.com/retort-ci/retort/pkg/evidence"
	"github.com/retort-ci/retort/pkg/evidence/bundle"
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

// junitType is the media type of a suite's JUnit reports as one document: in the
// layer behind a statement, or beside a signed one in an artifact of reportsType.
const (
	junitType   = "application/xml"
	reportsType = "application/vnd.retort.reports.v1+xml"
)

// proof is a test result that a registry holds about an image. One that does not
// say when it ran counts as the oldest.
type proof struct {
	evidence.TestResult
	seconds float64
	flaky   bool   // it passed when it was run again
	junit   []byte // nil when it is not kept
}

// proofs reads the test results about an image (repository@digest) that count
// under the keys, the oldest first. A statement that cannot be read, or is about
// something else, proves nothing, and is told.
func (p *Pipeline) proofs(ctx context.Context, stage, image string, keys bundle.Keys) ([]proof, error) {
	all, err := p.attestations(ctx, image, keys)
	if err != nil {
		return nil, err
	}
	p.tellBroken(stage, all)
	return p.testResults(stage, all), nil
}

// testResults are those among the attestations that count, the oldest first.
func (p *Pipeline) testResults(stage string, all []attestation) []proof {
	var proofs []proof
	for _, a := range all {
		if a.problem != "" || a.PredicateType != evidence.TestResultType {
			continue
		}
		result, err := evidence.ParseTestResult(a.raw)
		if err != nil {
			p.leaveOut(stage, a, err.Error())
			continue
		}
		proofs = append(proofs, newProof(result, a))
	}
	slices.SortStableFunc(proofs, func(a, b proof) int { return a.Ran.Compare(b.Ran) })
	return proofs
}

func newProof(result evidence.TestResult, a attestation) proof {
	pr := proof{TestResult: result}
	pr.flaky = a.artifact.Annotations[verdictOf] == flaky
	pr.seconds, _ = strconv.ParseFloat(a.artifact.Annotations[suiteSeconds], 64)
	for _, blob := range a.artifact.Extra {
		if blob.MediaType == junitType && sumOf(blob.Data) == result.Reports {
			pr.junit = blob.Data
		}
	}
	return pr
}

// withReports completes proofs whose reports lie beside them.
func (p *Pipeline) withReports(ctx context.Context, image string, proofs []proof) error {
	lack := func(pr proof) bool { return pr.junit == nil && pr.Reports != "" }
	if !slices.ContainsFunc(proofs, lack) {
		return nil
	}
	artifacts, err := p.registry.Referrers(ctx, image, reportsType)
	if err != nil {
		return err
	}
	for i, pr := range proofs {
		for _, a := range artifacts {
			if lack(pr) && sumOf(a.Data) == pr.Reports {
				proofs[i].junit = a.Data
			}
		}
	}
	return nil
}

// passedSuites says of every suite that there is evidence of whether it lets the
// image pass.
func (w *witness) passedSuites(ctx context.Context, image string) (map[string]bool, error) {
	all, err := w.about(ctx, image)
	if err != nil {
		return nil, err
	}
	return standing(w.p.testResults("promote", all)), nil
}
