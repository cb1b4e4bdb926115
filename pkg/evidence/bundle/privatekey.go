package bundle

import (
	"crypto"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"

	"github.com/secure-systems-lab/go-securesystemslib/encrypted"
)

// ParseSigner reads a private key: cosign's, encrypted under the password, or a
// plain one of openssl's (PKCS #8, EC or RSA), where the password is not needed.
// What cosign encrypts with an empty password needs an empty one.
func ParseSigner(data, password []byte) (*Signer, error) {
	if len(data) > maxPEM {
		return nil, badKey("%d bytes are too many", len(data))
	}
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "EC PARAMETERS" { // openssl puts it before the key, which says the same
			continue
		}
		key, err := parsePrivate(block, password)
		if err != nil {
			return nil, err
		}
		return NewSigner(key)
	}
	return nil, badKey("it is not PEM")
}

func parsePrivate(block *pem.Block, password []byte) (crypto.Signer, error) {
	var key any
	var err error
	switch block.Type {
	case "ENCRYPTED SIGSTORE PRIVATE KEY", "ENCRYPTED COSIGN PRIVATE KEY":
		var der []byte
		if der, err = decrypt(block.Bytes, password); err != nil {
			return nil, err
		}
		key, err = x509.ParsePKCS8PrivateKey(der)
	case "PRIVATE KEY":
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		key, err = x509.ParseECPrivateKey(block.Bytes)
	case "RSA PRIVATE KEY":
		key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	default:
		err = fmt.Errorf("it holds a %s, no private key that is known", block.Type)
	}
	if err != nil {
		return nil, badKey("%w", err)
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, badKey("%T cannot sign", key)
	}
	return signer, nil
}

// decrypt opens cosign's own encryption: scrypt and a NaCl secretbox, described
// in JSON. The library takes the parameters of scrypt from a short list, so that
// a made up key costs no more than a real one.
func decrypt(sealed, password []byte) ([]byte, error) {
	var kind struct {
		KDF, Cipher struct {
			Name string `json:"name"`
		}
	}
	if err := json.Unmarshal(sealed, &kind); err != nil {
		return nil, badKey("%w", err)
	}
	if kind.KDF.Name != "scrypt" || kind.Cipher.Name != "nacl/secretbox" {
		return nil, badKey("it is encrypted with %q and %q", kind.KDF.Name, kind.Cipher.Name)
	}
	der, err := encrypted.Decrypt(sealed, password)
	if err != nil {
		return nil, badPassword(err)
	}
	return der, nil
}
