package bundle

import (
	"fmt"
	"slices"
	"strings"

	"github.com/secure-systems-lab/go-securesystemslib/dsse"

	"github.com/retort-ci/retort/pkg/evidence"
	"github.com/retort-ci/retort/pkg/fault"
)

// Open gives the statement of a bundle, and the name of the key that signed it.
// That some key signed it does not make the statement true, or about anything in
// particular: see evidence.Parse.
func Open(data []byte, keys Keys) (statement []byte, signedBy string, err error) {
	s, err := read(data)
	if err != nil {
		return nil, "", err
	}
	message := dsse.PAE(evidence.MediaType, s.statement)
	// The hint only speeds things up where there are many keys; anyone can write
	// one. With the few that a project has, all are tried.
	for _, k := range keys {
		if k.verifies(message, s.signature) {
			return s.statement, k.Name, nil
		}
	}
	return nil, "", fault.Wrap(fault.Policy, fmt.Errorf("%w: %s", ErrSignature, s.suspect(keys)), "")
}

// Unverified gives the statement of a bundle without asking who signed it.
func Unverified(data []byte) (statement []byte, err error) {
	s, err := read(data)
	return s.statement, err
}

// suspect tells a forgery from a key that is not believed, as far as the bundle's
// own word goes.
func (s signed) suspect(keys Keys) string {
	named := slices.IndexFunc(keys, func(k Key) bool { return k.Hint() == s.hint })
	if named >= 0 {
		return fmt.Sprintf("it names key %s, which did not sign this", keys[named].Name)
	}
	var names []string
	for _, k := range keys {
		if !slices.Contains(names, k.Name) { // a file may hold several, and environments may name one file
			names = append(names, k.Name)
		}
	}
	if names == nil {
		return "there is no key to verify it with"
	}
	return fmt.Sprintf("it is by none of %s, but by a key with the hint %.100q", strings.Join(names, ", "), s.hint)
}
