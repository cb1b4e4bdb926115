package retort

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/retort-ci/retort/pkg/evidence"
	"github.com/retort-ci/retort/pkg/evidence/bundle"
	"github.com/retort-ci/retort/pkg/registry"
)

// Evidence is a statement about a digest, as people ask for it.
type Evidence struct {
	Type     string    // test-result, provenance or summary, and else the URI of the predicate
	Of       string    // of a test result, the suite with its shard; of a summary the environment
	Verdict  string    // passed, flaky or failed; of a summary allowed or refused
	Time     time.Time // when it came to be; zero: it does not say
	Build    string    // URL or ID of the CI build, or the builder
	Signed   bool      // it bears a signature, whoever's
	SignedBy string    // the key that signed it; empty: none of those that are known
	Problem  string    // why it proves nothing, or why its signature does not
	Broken   bool      // it proves nothing, whoever's word counts
	Digest   string    // of the artifact that holds it; empty in cosign's older form
}

// everything is all that is stated about image, as attestations, and what stands
// behind the records of its promotions.
func (p *Pipeline) everything(ctx context.Context, image string, keys bundle.Keys) ([]attestation, error) {
	all, err := p.attestations(ctx, image, keys)
	if err != nil {
		return nil, err
	}
	promotions, err := p.promotions(ctx, image, keys)
	return append(all, promotions...), err
}

// listed gives the attestations, the oldest first.
func listed(all []attestation) []Evidence {
	list := make([]Evidence, len(all))
	for i, a := range all {
		list[i] = a.listed()
	}
	slices.SortStableFunc(list, func(a, b Evidence) int {
		return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.Type, b.Type), cmp.Compare(a.Of, b.Of), cmp.Compare(a.Digest, b.Digest))
	})
	return list
}

// promotions are the summaries that stand behind the records of environments.
func (p *Pipeline) promotions(ctx context.Context, image string, keys bundle.Keys) ([]attestation, error) {
	_, digest, _ := cutDigest(image)
	records, err := p.registry.Referrers(ctx, image, registry.RecordType)
	if err != nil {
		return nil, err
	}
	var all []attestation
	for _, r := range records {
		for _, blob := range r.Extra {
			if blob.MediaType == evidence.MediaType || blob.MediaType == bundle.MediaType {
				r.Type, r.Data = blob.MediaType, blob.Data
				all = append(all, open(r, digest, keys))
			}
		}
	}
	return all, nil
}

// listed reads what every type of statement has in common with the others.
func (a attestation) listed() Evidence {
	e := Evidence{
		Type: a.PredicateType, Signed: a.artifact.Type != evidence.MediaType, SignedBy: a.signer,
		Problem: a.problem, Broken: a.broken,
	}
	if !e.Signed && !e.Broken {
		e.Problem = "" // that it is not signed is no problem as such
	}
	if hash := a.artifact.Descriptor.Digest; hash.Hex != "" {
		e.Digest = hash.String()
	}
	e.Time, _ = time.Parse(time.RFC3339Nano, a.artifact.Annotations[created])
	if a.broken {
		return e
	}
	if err := e.read(a.raw); err != nil {
		e.Problem, e.Broken = err.Error(), true
	}
	return e
}

// read completes e by what a statement of its type says.
func (e *Evidence) read(statement []byte) error {
	switch e.Type {
	case evidence.TestResultType:
		return e.readTestResult(statement)
	case evidence.ProvenanceType:
		e.Type = "provenance"
		provenance, err := evidence.ParseProvenance(statement)
		if err != nil {
			return err
		}
		e.Build = cmp.Or(provenance.Invocation, provenance.Builder)
		if !provenance.Finished.IsZero() {
			e.Time = provenance.Finished
		}
	case evidence.SummaryType:
		e.Type = "summary"
		summary, err := evidence.ParseSummary(statement)
		if err != nil {
			return err
		}
		e.Of, e.Time, e.Build, e.Verdict = summary.Promotion.Environment, summary.Time, summary.Promotion.Build, "refused"
		if summary.Passed {
			e.Verdict = "allowed"
		}
	}
	return nil
}

func (e *Evidence) readTestResult(statement []byte) error {
	e.Type = "test-result"
	result, err := evidence.ParseTestResult(statement)
	if err != nil {
		return err
	}
	e.Of, e.Build, e.Verdict = result.Suite.Name, result.URL, "failed"
	if result.Shard != (evidence.Shard{}) {
		e.Of += " " + result.Shard.String()
	}
	switch {
	case result.Passed && len(result.WarnedTests) > 0:
		e.Verdict = flaky
	case result.Passed:
		e.Verdict = "passed"
	}
	if !result.Ran.IsZero() {
		e.Time = result.Ran
	}
	return nil
}
