package bundle

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
)

const (
	// maxPEM is more than the largest key needs.
	maxPEM = 64 << 10
	// An RSA key of more bits would let whoever chose it slow down every check.
	minRSA, maxRSA = 2048, 8192
)

// Key is a public key and the name that its user gave it.
type Key struct {
	Name   string
	public crypto.PublicKey
	der    []byte // PKIX
}

// Keys are the public keys of those who are believed.
type Keys []Key

// ParseKeys reads every public key of a PEM file, as cosign and openssl write
// them, and gives all of them the name.
func ParseKeys(name string, data []byte) (Keys, error) {
	if len(data) > maxPEM {
		return nil, badKey("%s has %d bytes", name, len(data))
	}
	var keys Keys
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		public, err := parsePublic(block)
		if err != nil {
			return nil, badKey("%s: %w", name, err)
		}
		key, err := newKey(name, public)
		if err != nil {
			return nil, badKey("%s: %w", name, err)
		}
		keys = append(keys, key)
	}
	if keys == nil {
		return nil, badKey("%s is not PEM", name)
	}
	return keys, nil
}

func parsePublic(block *pem.Block) (crypto.PublicKey, error) {
	switch block.Type {
	case "PUBLIC KEY":
		return x509.ParsePKIXPublicKey(block.Bytes)
	case "RSA PUBLIC KEY":
		return x509.ParsePKCS1PublicKey(block.Bytes)
	}
	return nil, fmt.Errorf("it holds a %s, no PUBLIC KEY", block.Type)
}

func newKey(name string, public crypto.PublicKey) (Key, error) {
	if err := usable(public); err != nil {
		return Key{}, err
	}
	der, err := x509.MarshalPKIXPublicKey(public)
	return Key{Name: name, public: public, der: der}, err
}

// usable refuses keys that others could not verify with, or that are too weak.
func usable(public crypto.PublicKey) error {
	switch k := public.(type) {
	case *ecdsa.PublicKey:
		if k.Curve == elliptic.P224() {
			return fmt.Errorf("curve %s is too small", k.Curve.Params().Name)
		}
	case *rsa.PublicKey:
		if n := k.N.BitLen(); n < minRSA || n > maxRSA {
			return fmt.Errorf("RSA key of %d bits, needed are %d to %d", n, minRSA, maxRSA)
		}
	case ed25519.PublicKey:
	default:
		return fmt.Errorf("%T is not one of ECDSA, Ed25519 and RSA", public)
	}
	return nil
}

// Hint is how a bundle names the key: the same text that cosign writes.
func (k Key) Hint() string {
	sum := sha256.Sum256(k.der)
	return base64.StdEncoding.EncodeToString(sum[:])
}

// PEM is the key as `cosign public-key` writes it.
func (k Key) PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: k.der})
}
