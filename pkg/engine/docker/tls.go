package docker

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"

	dockercontext "github.com/docker/cli/cli/context"
	"github.com/docker/docker/client"
)

// overTLS gives the client a transport of its own. It goes before the address,
// which configures the transport that it finds.
func overTLS(m *dockercontext.TLSData, skipVerify bool) (client.Opt, error) {
	cfg, err := clientTLS(m, skipVerify)
	if err != nil {
		return nil, err
	}
	return client.WithHTTPClient(&http.Client{
		Transport:     &http.Transport{TLSClientConfig: cfg},
		CheckRedirect: client.CheckRedirect,
	}), nil
}

func clientTLS(m *dockercontext.TLSData, skipVerify bool) (*tls.Config, error) {
	cfg := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: skipVerify} //nolint:gosec // the user's own setting
	if len(m.CA) > 0 {
		cfg.RootCAs = x509.NewCertPool()
		if !cfg.RootCAs.AppendCertsFromPEM(m.CA) {
			return nil, errors.New("ca.pem holds no certificate")
		}
	}
	if len(m.Cert) > 0 || len(m.Key) > 0 {
		pair, err := tls.X509KeyPair(m.Cert, m.Key)
		if err != nil {
			return nil, fmt.Errorf("client certificate: %w", err)
		}
		cfg.Certificates = []tls.Certificate{pair}
	}
	return cfg, nil
}
