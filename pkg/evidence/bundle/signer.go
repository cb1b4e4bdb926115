package bundle

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"

	"github.com/secure-systems-lab/go-securesystemslib/dsse"
	pb "github.com/sigstore/protobuf-specs/gen/pb-go/bundle/v1"
	common "github.com/sigstore/protobuf-specs/gen/pb-go/common/v1"
	envelope "github.com/sigstore/protobuf-specs/gen/pb-go/dsse"

	"github.com/retort-ci/retort/pkg/evidence"
	"github.com/retort-ci/retort/pkg/evidence/internal/stable"
)

// Signer signs statements with a private key.
type Signer struct {
	private crypto.Signer
	public  Key
	random  io.Reader
}

// NewSigner signs with a key that may lie elsewhere, such as in a KMS or a
// hardware token.
func NewSigner(private crypto.Signer) (*Signer, error) {
	public, err := newKey("", private.Public())
	if err != nil {
		return nil, badKey("%w", err)
	}
	return &Signer{private: private, public: public, random: randomFor(private)}, nil
}

// randomFor is nil for keys that are at hand: their signatures then depend upon
// what is signed alone (RFC 6979 for ECDSA), so signing again gives the same
// bundle, and attaching it again changes nothing.
func randomFor(private crypto.Signer) io.Reader {
	switch private.(type) {
	case *ecdsa.PrivateKey, *rsa.PrivateKey, ed25519.PrivateKey:
		return nil
	}
	return rand.Reader
}

// Key is the public key that verifies what the signer signs. It has no name.
func (s *Signer) Key() Key { return s.public }

// Sign gives the bundle of a statement. What is no statement is not signed.
func (s *Signer) Sign(statement []byte) ([]byte, error) {
	if _, err := evidence.Parse(statement); err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	message := dsse.PAE(evidence.MediaType, statement)
	signature, err := s.sign(message)
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	if !s.public.verifies(message, signature) {
		return nil, errors.New("sign: the key gave a signature that its public key does not verify")
	}
	data, err := stable.Marshal(&pb.Bundle{
		MediaType: MediaType,
		VerificationMaterial: &pb.VerificationMaterial{Content: &pb.VerificationMaterial_PublicKey{
			PublicKey: &common.PublicKeyIdentifier{Hint: s.public.Hint()},
		}},
		Content: &pb.Bundle_DsseEnvelope{DsseEnvelope: &envelope.Envelope{
			PayloadType: evidence.MediaType, Payload: statement,
			Signatures: []*envelope.Signature{{Sig: signature}},
		}},
	})
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	return data, nil
}

// sign uses SHA-256 for every curve, as `cosign verify-attestation --key` does,
// and Ed25519 without a hash for the same reason.
func (s *Signer) sign(message []byte) ([]byte, error) {
	if _, ok := s.public.public.(ed25519.PublicKey); ok {
		return s.private.Sign(s.random, message, crypto.Hash(0))
	}
	sum := sha256.Sum256(message)
	return s.private.Sign(s.random, sum[:], crypto.SHA256)
}
