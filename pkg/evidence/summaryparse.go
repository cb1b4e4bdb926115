package evidence

import (
	"encoding/json"
	"fmt"

	vsa "github.com/in-toto/attestation/go/predicates/vsa/v1"

	"github.com/retort-ci/retort/pkg/evidence/internal/stable"
)

// ParseSummary reads a statement, and refuses one of another type, without what
// SLSA requires, or whose result is not known or contradicts what else it says.
func ParseSummary(data []byte) (Summary, error) {
	st, err := parseOf(data, SummaryType)
	if err != nil {
		return Summary{}, err
	}
	var predicate vsa.VerificationSummary
	if err := stable.Unmarshal(st.Predicate, &predicate); err != nil {
		return Summary{}, fmt.Errorf("reading verification summary: %w", err)
	}
	s := Summary{Subjects: st.Subjects}
	if err := s.read(&predicate, st.Predicate); err != nil {
		return Summary{}, fmt.Errorf("reading verification summary: %w", err)
	}
	return s, nil
}

func (s *Summary) read(predicate *vsa.VerificationSummary, raw []byte) error {
	switch predicate.GetVerificationResult() {
	case resultPassed:
		s.Passed = true
	case resultFailed:
	default:
		return fmt.Errorf("result is %q", predicate.GetVerificationResult())
	}
	s.Verifier, s.Time = predicate.GetVerifier().GetId(), timeOf(predicate.GetTimeVerified())
	s.Resource, s.Levels = predicate.GetResourceUri(), predicate.GetVerifiedLevels()
	s.Policy = documentOf(predicate.GetPolicy())
	for _, in := range predicate.GetInputAttestations() {
		s.Inputs = append(s.Inputs, documentOf(in))
	}
	extended := map[string]json.RawMessage{}
	if err := json.Unmarshal(raw, &extended); err != nil {
		return err
	}
	if own, ok := extended[promotionField]; ok {
		if err := json.Unmarshal(own, &s.Promotion); err != nil {
			return fmt.Errorf("promotion: %w", err)
		}
	}
	return s.check()
}
