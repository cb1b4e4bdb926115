package registry

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// RecordType is the artifactType and the media type of a Record.
const RecordType = "application/vnd.retort.record.v1+json"

// maxRecord is the size in bytes that a record may have.
const maxRecord = 64 << 10

// Action is what put a digest into an environment.
type Action string

// The actions that are recorded.
const (
	Promote  Action = "promote"
	Rollback Action = "rollback"
)

// Record is one line of an environment's history: which digest entered it,
// when, from where, by which build. A record is never changed.
type Record struct {
	Environment string    `json:"environment"`
	Service     string    `json:"service,omitempty"`
	Project     string    `json:"project,omitempty"`
	Action      Action    `json:"action"`
	Digest      string    `json:"digest"`             // of the manifest or index
	Previous    string    `json:"previous,omitempty"` // digest that the environment had before
	From        string    `json:"from,omitempty"`     // repository@digest it was copied from
	Time        time.Time `json:"time"`               // UTC; AppendRecord sets it when zero
	Actor       string    `json:"actor,omitempty"`    // who promoted: a person, or a CI job that nobody started
	Build       string    `json:"build,omitempty"`    // URL of the CI build
	Commit      string    `json:"commit,omitempty"`
	Override    string    `json:"override,omitempty"` // why gates that refused were overruled
	Verdicts    []Verdict `json:"verdicts,omitempty"` // of every gate that was asked

	Ref string `json:"-"` // of the record itself, set by AppendRecord and History
	// Statement says the same to other tools, or is signed. AppendRecord keeps it
	// beside the record, in the same artifact; History does not read it, Referrers
	// gives it as Artifact.Extra. Without a media type there is none.
	Statement Blob `json:"-"`
}

// Verdict is what a gate answered before a digest entered an environment.
type Verdict struct {
	Gate    string `json:"gate"`
	Allowed bool   `json:"allowed"`
	Reason  string `json:"reason,omitempty"`
	Remedy  string `json:"remedy,omitempty"` // what would have satisfied the gate
}

// ParseRecord reads a record's JSON. What is too long, or lacks a field that
// every record has, is refused. Fields that are not known are left out: stages of
// a pipeline may run different versions, and each must read what another wrote.
func ParseRecord(data []byte) (Record, error) {
	if len(data) > maxRecord {
		return Record{}, fmt.Errorf("record of %d bytes, %d are allowed", len(data), maxRecord)
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	var r Record
	if err := decoder.Decode(&r); err != nil {
		return Record{}, fmt.Errorf("parse record: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return Record{}, errors.New("parse record: something stands behind it")
	}
	return r, r.check()
}

// check says whether the record is one that may be kept.
func (r Record) check() error {
	switch {
	case r.Environment == "":
		return errors.New("record without environment")
	case r.Action != Promote && r.Action != Rollback:
		return fmt.Errorf("record with action %q", r.Action)
	case r.Time.IsZero():
		return errors.New("record without time")
	case r.Time.Year() < 1970 || r.Time.Year() > 9999:
		return fmt.Errorf("record of the year %d", r.Time.Year())
	}
	if _, err := v1.NewHash(r.Digest); err != nil {
		return fmt.Errorf("record with digest %q: %w", r.Digest, err)
	}
	if r.Previous == "" {
		return nil
	}
	if _, err := v1.NewHash(r.Previous); err != nil {
		return fmt.Errorf("record with previous digest %q: %w", r.Previous, err)
	}
	return nil
}
