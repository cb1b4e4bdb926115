package bundle

import (
	"errors"
	"fmt"

	"github.com/retort-ci/retort/pkg/fault"
)

// What callers tell apart.
var (
	ErrPassword  = errors.New("wrong password, or a damaged key")
	ErrKey       = errors.New("not a key that can be used")
	ErrVersion   = errors.New("not a sigstore bundle of a known version")
	ErrStatement = errors.New("not one signed in-toto statement")
	ErrSignature = errors.New("signature does not verify")
)

// badKey is on the side of who chose the key.
func badKey(format string, args ...any) error {
	return fault.Wrap(fault.Usage, fmt.Errorf("%w: %w", ErrKey, fmt.Errorf(format, args...)),
		"cosign generate-key-pair makes a key, cosign import-key-pair --key FILE takes one of openssl's")
}

// badPassword leaves what the library says in, which may be that the key was
// encrypted in a way that it does not know.
func badPassword(err error) error {
	return fault.Wrap(fault.Usage, fmt.Errorf("%w: %w", ErrPassword, err), "set COSIGN_PASSWORD to the key's password")
}
