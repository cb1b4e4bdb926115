package evidence

import (
	"encoding/json"
	"errors"
	"fmt"

	intoto "github.com/in-toto/attestation/go/v1"
	"google.golang.org/protobuf/proto"

	"github.com/retort-ci/retort/pkg/evidence/internal/stable"
)

// MediaType is of a statement's bytes (spec v1, envelope.md, payloadType), and
// the artifact type under which registries list them.
const MediaType = "application/vnd.in-toto+json"

// maxStatement bounds what is read, in bytes. A manifest's limit in most
// registries is the same.
const maxStatement = 4 << 20

// olderStatement is the statement type that cosign writes up to its version 3.1
// at least. What is read here means the same in it.
const olderStatement = "https://in-toto.io/Statement/v0.1"

// Statement is an in-toto statement of any predicate type.
type Statement struct {
	Subjects      []Subject
	PredicateType string
	Predicate     json.RawMessage // an object, as compact JSON
}

// About is true when the digest is one of the subjects.
func (s Statement) About(digest string) bool { return about(s.Subjects, digest) }

func about(subjects []Subject, digest string) bool {
	for _, s := range subjects {
		if s.Digest == digest && digest != "" {
			return true
		}
	}
	return false
}

// Parse reads a statement of spec v1, or v0.1. Fields that are not known are
// ignored, as the spec's parsing rules demand.
func Parse(data []byte) (Statement, error) {
	if len(data) > maxStatement {
		return Statement{}, fmt.Errorf("statement has %d bytes, at most %d are read", len(data), maxStatement)
	}
	var statement intoto.Statement
	if err := stable.Unmarshal(data, &statement); err != nil {
		return Statement{}, fmt.Errorf("reading statement: %w", err)
	}
	if got := statement.GetType(); got != intoto.StatementTypeUri && got != olderStatement {
		return Statement{}, fmt.Errorf("statement type is %q, not %q", got, intoto.StatementTypeUri)
	}
	if err := statement.Validate(); err != nil {
		return Statement{}, fmt.Errorf("reading statement: %w", err)
	}
	predicate, err := stable.Marshal(statement.GetPredicate())
	if err != nil {
		return Statement{}, fmt.Errorf("reading predicate: %w", err)
	}
	s := Statement{PredicateType: statement.GetPredicateType(), Predicate: predicate}
	for _, d := range statement.GetSubject() {
		s.Subjects = append(s.Subjects, subjectOf(d))
	}
	return s, nil
}

// parseOf reads a statement that must have a predicate of the type.
func parseOf(data []byte, predicateType string) (Statement, error) {
	s, err := Parse(data)
	if err == nil && s.PredicateType != predicateType {
		err = fmt.Errorf("predicate type is %q, not %q", s.PredicateType, predicateType)
	}
	return s, err
}

// statement writes a statement whose bytes depend on what it says alone.
func statement(subjects []Subject, predicateType string, predicate proto.Message) ([]byte, error) {
	fields, err := structOf(predicate)
	if err != nil {
		return nil, err
	}
	s := &intoto.Statement{Type: intoto.StatementTypeUri, PredicateType: predicateType, Predicate: fields}
	for _, subject := range subjects {
		d, err := subject.descriptor("")
		if err != nil {
			return nil, err
		}
		s.Subject = append(s.Subject, d)
	}
	if err := s.Validate(); err != nil {
		return nil, err
	}
	data, err := stable.Marshal(s)
	if err == nil && len(data) > maxStatement {
		err = errors.New("too long to be read again")
	}
	return data, err
}
