package buildkitdtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Certs are two directories with ca.pem, cert.pem and key.pem each: one for the
// daemon on 127.0.0.1, one for its clients.
type Certs struct{ Server, Client string }

// NewCerts makes certificates of an authority of their own, in the test's
// directories.
func NewCerts(tb testing.TB) Certs {
	tb.Helper()
	authority := newKey(tb)
	root := template("retort test authority", 1)
	root.IsCA, root.BasicConstraintsValid, root.KeyUsage = true, true, x509.KeyUsageCertSign
	ca := sign(tb, root, root, authority, authority)
	leaf := func(name string, serial int64, usage x509.ExtKeyUsage) string {
		of := template(name, serial)
		of.ExtKeyUsage = []x509.ExtKeyUsage{usage}
		of.IPAddresses, of.DNSNames = []net.IP{net.IPv4(127, 0, 0, 1)}, []string{"localhost"}
		key, dir := newKey(tb), tb.TempDir()
		secret, err := x509.MarshalECPrivateKey(key)
		if err != nil {
			tb.Fatal(err)
		}
		write(tb, filepath.Join(dir, "ca.pem"), "CERTIFICATE", ca)
		write(tb, filepath.Join(dir, "cert.pem"), "CERTIFICATE", sign(tb, of, root, key, authority))
		write(tb, filepath.Join(dir, "key.pem"), "EC PRIVATE KEY", secret)
		return dir
	}
	return Certs{Server: leaf("server", 2, x509.ExtKeyUsageServerAuth), Client: leaf("client", 3, x509.ExtKeyUsageClientAuth)}
}

func template(name string, serial int64) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
	}
}

func newKey(tb testing.TB) *ecdsa.PrivateKey {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	return key
}

func sign(tb testing.TB, of, by *x509.Certificate, key, authority *ecdsa.PrivateKey) []byte {
	tb.Helper()
	der, err := x509.CreateCertificate(rand.Reader, of, by, &key.PublicKey, authority)
	if err != nil {
		tb.Fatal(err)
	}
	return der
}

func write(tb testing.TB, path, kind string, der []byte) {
	tb.Helper()
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		tb.Fatal(err)
	}
}
