package evidence

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	vsa "github.com/in-toto/attestation/go/predicates/vsa/v1"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
)

// SummaryType is the predicate type of a Summary
// (https://slsa.dev/spec/v1.0/verification_summary).
const SummaryType = "https://slsa.dev/verification_summary/v1"

const (
	slsaVersion = "1.0"
	// failedLevel is the only level of what did not pass.
	failedLevel = "FAILED"
	// unknownLevel claims nothing. A summary must name a level.
	unknownLevel = "SLSA_BUILD_LEVEL_0"
)

// Summary is SLSA's verification summary: someone verified images against a
// policy, and this came out.
type Summary struct {
	Subjects []Subject
	Verifier string    // URI of who verified
	Time     time.Time // when
	Resource string    // URI of what was verified, such as the image's reference
	Policy   Document
	Inputs   []Document // all statements that were relied on, or none; digests needed
	Passed   bool
	Levels   []string // SLSA levels; what passed without one has build level 0

	Promotion Promotion // zero in a summary of another tool
}

// Statement gives the in-toto statement, as JSON whose bytes depend on the
// summary alone. A summary that contradicts itself or lacks what SLSA requires is
// an error.
func (s Summary) Statement() ([]byte, error) {
	if len(s.Levels) == 0 {
		s.Levels = []string{unknownLevel}
		if !s.Passed {
			s.Levels = []string{failedLevel}
		}
	}
	if err := s.check(); err != nil {
		return nil, fmt.Errorf("verification summary: %w", err)
	}
	predicate, err := s.predicate()
	if err != nil {
		return nil, fmt.Errorf("verification summary: %w", err)
	}
	data, err := statement(s.Subjects, SummaryType, predicate)
	if err != nil {
		return nil, fmt.Errorf("verification summary: %w", err)
	}
	return data, nil
}

// About is true when the digest is one of the subjects.
func (s Summary) About(digest string) bool { return about(s.Subjects, digest) }

// check refuses what SLSA does not allow, and what no honest verifier says.
func (s Summary) check() error {
	switch {
	case s.Verifier == "":
		return errors.New("it names no verifier")
	case s.Time.IsZero():
		return errors.New("it has no time")
	case s.Resource == "":
		return errors.New("it names no resource")
	case s.Policy.URI == "":
		return errors.New("it names no policy")
	case len(s.Levels) == 0:
		return errors.New("it names no level")
	case s.Passed == slices.Contains(s.Levels, failedLevel):
		return fmt.Errorf("its levels %s contradict its result", strings.Join(s.Levels, ", "))
	}
	for _, address := range []string{s.Verifier, s.Resource, s.Policy.URI, s.Promotion.Build} {
		if err := noPassword(address); err != nil {
			return err
		}
	}
	return s.Promotion.check(s.Passed)
}

// predicate is the summary's fields, and the promotion's beside them.
func (s Summary) predicate() (proto.Message, error) {
	policy, err := s.Policy.digestSet()
	if err != nil {
		return nil, err
	}
	message := &vsa.VerificationSummary{
		Verifier:           &vsa.VerificationSummary_Verifier{Id: s.Verifier},
		TimeVerified:       timestamp(s.Time),
		ResourceUri:        s.Resource,
		Policy:             &vsa.VerificationSummary_Policy{Uri: s.Policy.URI, Digest: policy},
		VerificationResult: resultFailed,
		VerifiedLevels:     s.Levels,
		SlsaVersion:        slsaVersion,
	}
	if s.Passed {
		message.VerificationResult = resultPassed
	}
	for _, in := range s.Inputs {
		digest, err := in.digestSet()
		if err != nil {
			return nil, err
		}
		if digest == nil {
			return nil, fmt.Errorf("input %s has no digest", in.URI)
		}
		message.InputAttestations = append(message.InputAttestations, &vsa.VerificationSummary_InputAttestation{Uri: in.URI, Digest: digest})
	}
	return s.extend(message)
}

// extend adds the promotion. It is a field that the message does not have.
func (s Summary) extend(message proto.Message) (proto.Message, error) {
	if s.Promotion.isZero() {
		return message, nil
	}
	fields, err := structOf(message)
	if err != nil {
		return nil, err
	}
	promotion, err := toStruct(s.Promotion)
	if err != nil {
		return nil, err
	}
	fields.Fields[promotionField] = structpb.NewStructValue(promotion)
	return fields, nil
}
