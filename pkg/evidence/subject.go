// Package evidence makes and reads statements about digests, in the formats
// that other tools read too: in-toto statements
// (https://github.com/in-toto/attestation, spec v1) with test results, SLSA's
// provenance and its verification summary. It reaches no registry and checks no
// signature: a statement says what whoever stored it says. Who that is, package
// bundle tells.
package evidence

import (
	"encoding/hex"
	"fmt"
	"strings"

	intoto "github.com/in-toto/attestation/go/v1"
)

// Subject is something with a digest: an image by its name.
type Subject struct {
	Name   string
	Digest string // "sha256:…", lower case
}

// descriptor is s as in-toto writes it (spec v1, resource_descriptor.md), with
// uri to tell one kind from another.
func (s Subject) descriptor(uri string) (*intoto.ResourceDescriptor, error) {
	digest, ok := strings.CutPrefix(s.Digest, "sha256:")
	if raw, err := hex.DecodeString(digest); !ok || err != nil || len(raw) != 32 || strings.ToLower(digest) != digest {
		return nil, fmt.Errorf("%s: %q is not a sha256 digest", s.Name, s.Digest)
	}
	return &intoto.ResourceDescriptor{Name: s.Name, Uri: uri, Digest: map[string]string{"sha256": digest}}, nil
}

// subjectOf reads a descriptor. Without a sha256 the Digest stays empty, and
// such a subject is the same as no other.
func subjectOf(d *intoto.ResourceDescriptor) Subject {
	s := Subject{Name: d.GetName()}
	if digest := d.GetDigest()["sha256"]; digest != "" {
		s.Digest = "sha256:" + digest
	}
	return s
}
