package evidence

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	intoto "github.com/in-toto/attestation/go/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
)

// MediaType is of a statement's bytes (spec v1, envelope.md, payloadType), and
// the artifact type under which registries list them.
const MediaType = "application/vnd.in-toto+json"

// maxStatement bounds what is read, in bytes. A manifest's limit in most
// registries is the same.
const maxStatement = 4 << 20

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

// Parse reads a statement of spec v1. Older versions are refused; fields that
// are not known are ignored, as the spec's parsing rules demand.
func Parse(data []byte) (Statement, error) {
	if len(data) > maxStatement {
		return Statement{}, fmt.Errorf("statement has %d bytes, at most %d are read", len(data), maxStatement)
	}
	var statement intoto.Statement
	if err := tolerant(data, &statement); err != nil {
		return Statement{}, fmt.Errorf("reading statement: %w", err)
	}
	if statement.GetType() != intoto.StatementTypeUri {
		return Statement{}, fmt.Errorf("statement type is %q, not %q", statement.GetType(), intoto.StatementTypeUri)
	}
	if err := statement.Validate(); err != nil {
		return Statement{}, fmt.Errorf("reading statement: %w", err)
	}
	predicate, err := stable(statement.GetPredicate())
	if err != nil {
		return Statement{}, fmt.Errorf("reading predicate: %w", err)
	}
	s := Statement{PredicateType: statement.GetPredicateType(), Predicate: predicate}
	for _, d := range statement.GetSubject() {
		s.Subjects = append(s.Subjects, subjectOf(d))
	}
	return s, nil
}

// statement writes a statement whose bytes depend on what it says alone.
func statement(subjects []Subject, predicateType string, predicate proto.Message) ([]byte, error) {
	raw, err := stable(predicate)
	if err != nil {
		return nil, err
	}
	fields := &structpb.Struct{}
	if err := protojson.Unmarshal(raw, fields); err != nil {
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
	data, err := stable(s)
	if err == nil && len(data) > maxStatement {
		err = errors.New("too long to be read again")
	}
	return data, err
}

func tolerant(data []byte, m proto.Message) error {
	return protojson.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(data, m)
}

// stable writes protobuf JSON without the random blanks that protojson puts
// into it on purpose. Its maps are sorted already.
func stable(m proto.Message) ([]byte, error) {
	raw, err := protojson.Marshal(m)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = json.Compact(&out, raw)
	return out.Bytes(), err
}
