package bundle_test

import (
	"bytes"
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/secure-systems-lab/go-securesystemslib/encrypted"

	"github.com/retort-ci/retort/pkg/evidence/bundle"
	"github.com/retort-ci/retort/pkg/fault"
)

func block(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

// must gives what the functions of crypto give that do not fail here.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func p256() *ecdsa.PrivateKey { return must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)) }

func pkcs8(key any) []byte { return must(x509.MarshalPKCS8PrivateKey(key)) }

func pkix(key crypto.PublicKey) []byte { return must(x509.MarshalPKIXPublicKey(key)) }

// Every form of a private key signs what its public key opens.
func TestPrivateKeys(t *testing.T) {
	ec, rsaKey := p256(), must(rsa.GenerateKey(rand.Reader, 2048))
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	old := must(encrypted.EncryptWithCustomKDFParameters(pkcs8(ec), []byte(password), encrypted.Legacy))
	for name, data := range map[string][]byte{
		"PKCS #8 P-256":   block("PRIVATE KEY", pkcs8(ec)),
		"PKCS #8 P-521":   block("PRIVATE KEY", pkcs8(must(ecdsa.GenerateKey(elliptic.P521(), rand.Reader)))),
		"PKCS #8 Ed25519": block("PRIVATE KEY", pkcs8(ed)),
		"PKCS #8 RSA":     block("PRIVATE KEY", pkcs8(rsaKey)),
		"PKCS #1":         block("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(rsaKey)),
		"openssl's EC":    append(block("EC PARAMETERS", []byte("curve")), block("EC PRIVATE KEY", must(x509.MarshalECPrivateKey(ec)))...),
		"cosign before 2": block("ENCRYPTED COSIGN PRIVATE KEY", old),
	} {
		t.Run(name, func(t *testing.T) {
			s, err := bundle.ParseSigner(data, []byte(password))
			if err != nil {
				t.Fatal(err)
			}
			public, err := bundle.ParseKeys("it", s.Key().PEM())
			if err != nil {
				t.Fatal(err)
			}
			if _, by, err := bundle.Open(sign(t, s), public); by != "it" || err != nil {
				t.Errorf("signed by %q, %v", by, err)
			}
		})
	}
}

func TestPrivateKeysThatAreNone(t *testing.T) {
	t.Parallel() // scrypt takes its time
	sealed := testdata(t, "cosign.key")
	inside, _ := pem.Decode(sealed)
	unknown := bytes.Replace(inside.Bytes, []byte("scrypt"), []byte("argon2"), 1)
	costly := bytes.Replace(inside.Bytes, []byte("65536"), []byte("4194304"), 1)
	empty := must(encrypted.EncryptWithCustomKDFParameters([]byte("x"), nil, encrypted.Legacy))
	x25519 := must(ecdh.X25519().GenerateKey(rand.Reader))
	for name, tc := range map[string]struct {
		data     []byte
		password string
		want     error
		text     string
	}{
		"wrong password":       {sealed, "horse", bundle.ErrPassword, "wrong password"},
		"costly to try":        {block("ENCRYPTED SIGSTORE PRIVATE KEY", costly), "", bundle.ErrPassword, "unsupported scrypt parameters"},
		"otherwise encrypted":  {block("ENCRYPTED SIGSTORE PRIVATE KEY", unknown), "", bundle.ErrKey, `"argon2"`},
		"no JSON inside":       {block("ENCRYPTED SIGSTORE PRIVATE KEY", []byte("{")), "", bundle.ErrKey, "unexpected end"},
		"no key inside":        {block("ENCRYPTED SIGSTORE PRIVATE KEY", empty), "", bundle.ErrKey, "asn1"},
		"openssl's encryption": {block("ENCRYPTED PRIVATE KEY", []byte("x")), "", bundle.ErrKey, "ENCRYPTED PRIVATE KEY, no private key that is known"},
		"a public key":         {testdata(t, "cosign.pub"), "", bundle.ErrKey, "PUBLIC KEY"},
		"damaged":              {block("PRIVATE KEY", []byte("x")), "", bundle.ErrKey, "asn1"},
		"damaged EC":           {block("EC PRIVATE KEY", []byte("x")), "", bundle.ErrKey, "failed to parse"},
		"damaged RSA":          {block("RSA PRIVATE KEY", []byte("x")), "", bundle.ErrKey, "asn1"},
		"it cannot sign":       {block("PRIVATE KEY", pkcs8(x25519)), "", bundle.ErrKey, "cannot sign"},
		"weak":                 {block("PRIVATE KEY", pkcs8(must(rsa.GenerateKey(rand.Reader, 1024)))), "", bundle.ErrKey, "1024 bits"},
		"a small curve":        {block("PRIVATE KEY", pkcs8(must(ecdsa.GenerateKey(elliptic.P224(), rand.Reader)))), "", bundle.ErrKey, "P-224"},
		"not PEM":              {[]byte("secret"), "", bundle.ErrKey, "not PEM"},
		"nothing":              {nil, "", bundle.ErrKey, "not PEM"},
		"a whole disk":         {make([]byte, 1<<20), "", bundle.ErrKey, "too many"},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := bundle.ParseSigner(tc.data, []byte(tc.password))
			if !errors.Is(err, tc.want) || !strings.Contains(err.Error(), tc.text) || s != nil {
				t.Fatalf("got %v, want %v with %q", err, tc.want, tc.text)
			}
			if fault.SideOf(err) != fault.Usage || fault.HintOf(err) == "" {
				t.Errorf("side is %s, hint %q", fault.SideOf(err), fault.HintOf(err))
			}
		})
	}
}

func TestPublicKeys(t *testing.T) {
	two := append(testdata(t, "cosign.pub"), testdata(t, "ed25519.pub")...)
	both, err := bundle.ParseKeys("release", two)
	if err != nil || len(both) != 2 || both[0].Name != "release" || both[1].Name != "release" {
		t.Fatalf("got %v, %v", both, err)
	}
	rsaKey := must(rsa.GenerateKey(rand.Reader, 2048))
	old, err := bundle.ParseKeys("old", block("RSA PUBLIC KEY", x509.MarshalPKCS1PublicKey(&rsaKey.PublicKey)))
	if err != nil || len(old) != 1 {
		t.Fatalf("got %v, %v", old, err)
	}
	for text, data := range map[string][]byte{
		"is not PEM":      []byte("ssh-ed25519 AAAA"),
		"no PUBLIC KEY":   testdata(t, "cosign.key"),
		"1024 bits":       block("PUBLIC KEY", pkix(&must(rsa.GenerateKey(rand.Reader, 1024)).PublicKey)),
		"asn1":            block("PUBLIC KEY", []byte("x")),
		"not one of":      block("PUBLIC KEY", pkix(must(ecdh.X25519().GenerateKey(rand.Reader)).PublicKey())),
		"1048576 bytes":   make([]byte, 1<<20),
		"CERTIFICATE, no": append(testdata(t, "cosign.pub"), block("CERTIFICATE", []byte("x"))...),
	} {
		if keys, err := bundle.ParseKeys("k.pub", data); !errors.Is(err, bundle.ErrKey) ||
			!strings.Contains(err.Error(), "k.pub") || !strings.Contains(err.Error(), text) || keys != nil {
			t.Errorf("got %v, want an error with %q", err, text)
		}
	}
}

// remote is a key that lies elsewhere, and may answer with nonsense.
type remote struct {
	*ecdsa.PrivateKey
	answer func([]byte) ([]byte, error)
	asked  *bool
}

func (r remote) Sign(random io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	*r.asked = random != nil
	return r.answer(must(r.PrivateKey.Sign(random, digest, opts)))
}

func TestKeyThatLiesElsewhere(t *testing.T) {
	asked := false
	key := remote{p256(), func(b []byte) ([]byte, error) { return b, nil }, &asked}
	s, err := bundle.NewSigner(key)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := bundle.Open(sign(t, s), bundle.Keys{s.Key()}); err != nil || !asked {
		t.Errorf("opened: %v, given randomness: %t", err, asked)
	}
	errAway := errors.New("away")
	for want, answer := range map[string]func([]byte) ([]byte, error){
		"away":            func([]byte) ([]byte, error) { return nil, errAway },
		"does not verify": func(b []byte) ([]byte, error) { return b[:8], nil },
	} {
		key.answer = answer
		s, err := bundle.NewSigner(key)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Sign(statement(t)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
}

// FuzzParseKeys checks that a key that is read is written and read again as the
// same.
func FuzzParseKeys(f *testing.F) {
	for _, name := range []string{"cosign", "ed25519", "p384", "rsa"} {
		f.Add(testdata(f, name+".pub"))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		keys, err := bundle.ParseKeys("k", data)
		if err != nil {
			return
		}
		for _, k := range keys {
			again, err := bundle.ParseKeys("k", k.PEM())
			if err != nil || len(again) != 1 || again[0].Hint() != k.Hint() {
				t.Fatalf("%s was read as %v, %v", k.PEM(), again, err)
			}
		}
	})
}

// FuzzParseSigner checks that a key that is read can sign.
func FuzzParseSigner(f *testing.F) {
	ec := p256()
	f.Add(block("PRIVATE KEY", pkcs8(ec)))
	f.Add(block("EC PRIVATE KEY", must(x509.MarshalECPrivateKey(ec))))
	f.Add(block("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(must(rsa.GenerateKey(rand.Reader, 2048)))))
	f.Add(testdata(f, "cosign.key"))
	text := statement(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := bundle.ParseSigner(data, []byte(password))
		if err != nil {
			return
		}
		if _, err := s.Sign(text); err != nil {
			t.Fatalf("%s cannot sign: %v", data, err)
		}
	})
}
