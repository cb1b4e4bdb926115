package remote

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"path/filepath"

	"github.com/retort-ci/retort/pkg/fault"
)

// TLS names the files that this side and the daemon know each other by. The
// daemon's own options are --tlscacert, --tlscert and --tlskey.
type TLS struct {
	// Dir holds ca.pem, cert.pem and key.pem, or ca.crt, tls.crt and tls.key, as a
	// Kubernetes secret names them. BUILDKIT_TLS_DIR.
	Dir string
	// CA is the certificate of who has signed the daemon's; those that the system
	// trusts when empty. BUILDKIT_TLS_CACERT.
	CA string
	// Cert and Key are the client's. BUILDKIT_TLS_CERT and BUILDKIT_TLS_KEY.
	Cert, Key string
	// ServerName is whom the daemon's certificate must name; the address's host
	// when empty. Alone it asks for TLS as well. BUILDKIT_TLS_SERVERNAME.
	ServerName string
}

// orEnvironment fills in what is empty. Files of one side go together: where some
// are given, none is taken from the environment.
func (t TLS) orEnvironment(getenv func(string) string) TLS {
	t.ServerName = cmp.Or(t.ServerName, getenv("BUILDKIT_TLS_SERVERNAME"))
	if t.Dir != "" || t.CA != "" || t.Cert != "" || t.Key != "" {
		return t
	}
	t.Dir = getenv("BUILDKIT_TLS_DIR")
	t.CA, t.Cert, t.Key = getenv("BUILDKIT_TLS_CACERT"), getenv("BUILDKIT_TLS_CERT"), getenv("BUILDKIT_TLS_KEY")
	return t
}

// config is nil where no TLS is asked for, or the address has none: files that the
// environment names may be meant for another daemon.
func (t TLS) config(at address) (*tls.Config, error) {
	if at.url.Scheme != "tcp" || t == (TLS{}) {
		return nil, nil
	}
	config, err := t.load(cmp.Or(t.ServerName, at.url.Hostname()))
	return config, fault.Wrap(fault.Usage, wrapped("TLS to "+at.String(), err),
		"see BUILDKIT_TLS_DIR, or BUILDKIT_TLS_CACERT, BUILDKIT_TLS_CERT and BUILDKIT_TLS_KEY")
}

// plainly is a warning of what others on the way may read; "" where there are none.
func plainly(at address, config *tls.Config) string {
	if at.url.Scheme != "tcp" || config != nil || loopback(at.url.Host) {
		return ""
	}
	return fmt.Sprintf("buildkitd at %s is spoken to without TLS: credentials and secrets go there unencrypted; see BUILDKIT_TLS_DIR", at)
}

func wrapped(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}

func (t TLS) load(name string) (*tls.Config, error) {
	if t.Dir != "" {
		if t.CA != "" || t.Cert != "" || t.Key != "" {
			return nil, fmt.Errorf("both a directory of certificates and single files are given")
		}
		t.CA, t.Cert, t.Key = t.file("ca.pem", "ca.crt"), t.file("cert.pem", "tls.crt"), t.file("key.pem", "tls.key")
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: name, NextProtos: []string{"h2"}}
	if t.CA != "" {
		pem, err := os.ReadFile(t.CA)
		if err != nil {
			return nil, err
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s holds no certificate", t.CA)
		}
	}
	if t.Cert == "" && t.Key == "" {
		return config, nil
	}
	pair, err := tls.LoadX509KeyPair(t.Cert, t.Key)
	if err != nil {
		return nil, fmt.Errorf("client certificate: %w", err)
	}
	config.Certificates = []tls.Certificate{pair}
	return config, nil
}

// file is the directory's file of the first name, or else of the other.
func (t TLS) file(name, other string) string {
	path := filepath.Join(t.Dir, name)
	if _, err := os.Stat(path); err == nil {
		return path
	}
	return filepath.Join(t.Dir, other)
}
