package bundle

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
)

// verifies says whether the key made the signature. Where `cosign attest` hashes
// otherwise than `cosign verify-attestation` expects, both ways are accepted:
// SHA-384 and SHA-512 for the larger curves, Ed25519ph for Ed25519.
func (k Key) verifies(message, signature []byte) bool {
	switch public := k.public.(type) {
	case *ecdsa.PublicKey:
		for _, hash := range hashes(public) {
			if ecdsa.VerifyASN1(public, sum(hash, message), signature) {
				return true
			}
		}
	case ed25519.PublicKey:
		hashed := &ed25519.Options{Hash: crypto.SHA512}
		return ed25519.Verify(public, message, signature) ||
			ed25519.VerifyWithOptions(public, sum(crypto.SHA512, message), signature, hashed) == nil
	case *rsa.PublicKey:
		return rsa.VerifyPKCS1v15(public, crypto.SHA256, sum(crypto.SHA256, message), signature) == nil
	}
	return false
}

func hashes(public *ecdsa.PublicKey) []crypto.Hash {
	switch public.Curve.Params().BitSize {
	case 384:
		return []crypto.Hash{crypto.SHA256, crypto.SHA384}
	case 521:
		return []crypto.Hash{crypto.SHA256, crypto.SHA512}
	}
	return []crypto.Hash{crypto.SHA256}
}

func sum(hash crypto.Hash, message []byte) []byte {
	switch hash {
	case crypto.SHA384:
		out := sha512.Sum384(message)
		return out[:]
	case crypto.SHA512:
		out := sha512.Sum512(message)
		return out[:]
	}
	out := sha256.Sum256(message)
	return out[:]
}
