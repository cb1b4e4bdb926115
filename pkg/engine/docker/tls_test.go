package docker

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/docker/cli/cli/context/store"
)

// A daemon over TCP asks for a client certificate. Contexts keep theirs in the
// docker CLI's store, DOCKER_CERT_PATH is the older way.
func TestDaemonOverTLS(t *testing.T) {
	host, ca := tlsDaemon(t)
	cert, key := clientCertificate(t)
	files := map[string][]byte{"ca.pem": ca, "cert.pem": cert, "key.pem": key}
	certs := t.TempDir()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(certs, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	inStore := dockerConfig(t, `{"currentContext":"remote"}`, host, &store.EndpointTLSData{Files: files})
	anotherCA := dockerConfig(t, `{"currentContext":"remote"}`, host, &store.EndpointTLSData{
		Files: map[string][]byte{"ca.pem": cert, "cert.pem": cert, "key.pem": key},
	})

	for name, c := range map[string]struct {
		env []string
		ok  bool
	}{
		"context":             {[]string{"DOCKER_CONFIG=" + inStore}, true},
		"context, another CA": {[]string{"DOCKER_CONFIG=" + anotherCA}, false},
		"environment":         {[]string{"DOCKER_HOST=" + host, "DOCKER_CERT_PATH=" + certs, "DOCKER_TLS_VERIFY=1"}, true},
		"no certificate":      {[]string{"DOCKER_HOST=" + host}, false},
	} {
		t.Run(name, func(t *testing.T) {
			e, err := New(Options{Getenv: environment(c.env...)})
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = e.Close() }()
			got, err := e.Describe(t.Context())
			if (err == nil) != c.ok {
				t.Errorf("describe gave %q, %v", got, err)
			}
			if c.ok && got != "docker 99.9 at "+host {
				t.Errorf("described as %q", got)
			}
		})
	}
}

// tlsDaemon answers /version to those who have a certificate.
func tlsDaemon(t *testing.T) (host string, ca []byte) {
	t.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Api-Version", "1.41")
		if strings.HasSuffix(r.URL.Path, "/version") {
			_, _ = io.WriteString(w, `{"Version":"99.9"}`)
		}
	}))
	server.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert, MinVersion: tls.VersionTLS12}
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	ca = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	return strings.Replace(server.URL, "https://", "tcp://", 1), ca
}

func clientCertificate(t *testing.T) (cert, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})
}
