package registry

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// writeBuffer lets a piece of a body whose length is not known leave in one
// piece with what HTTP/1.1 puts around it.
const writeBuffer = 64 << 10

// newTransport gives a transport of the client's own, made like the library's,
// which is shared by the whole process and must not be changed. It keeps as many
// connections as the client uses at once.
func newTransport() http.RoundTripper {
	const perHost = 2 * maxRequests // see host
	if shared, ok := remote.DefaultTransport.(*http.Transport); ok {
		own := shared.Clone()
		own.MaxIdleConns, own.MaxIdleConnsPerHost = 0, perHost
		own.WriteBufferSize = writeBuffer
		return own
	}
	return &http.Transport{
		WriteBufferSize:       writeBuffer,
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 30 * time.Second}).DialContext,
		ForceAttemptHTTP2:     true,
		MaxIdleConnsPerHost:   perHost,
		IdleConnTimeout:       90 * time.Second,
		TLSHandshakeTimeout:   10 * time.Second,
		ExpectContinueTimeout: time.Second,
	}
}

// plainHosts are the hosts that may be spoken to without TLS, as host or
// host:port. Loopback hosts always may.
type plainHosts []string

func (p plainHosts) allow(hostport string) bool {
	host := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		host = h
	}
	return loopback(host) || slices.Contains(p, hostport) || slices.Contains(p, host)
}

func loopback(host string) bool {
	host = strings.Trim(host, "[]")
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.Unmap().IsLoopback()
	}
	return host == "localhost" || strings.HasSuffix(host, ".localhost") // RFC 6761
}

// guard refuses to speak plain HTTP to hosts for which nobody allowed it. The
// library falls back to it on its own for private addresses (10.0.0.0/8 and the
// like), and any registry could redirect to it; a password would go in clear.
type guard struct {
	next  http.RoundTripper
	plain plainHosts
}

func (g guard) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Scheme == "http" && !g.plain.allow(req.URL.Host) {
		if req.Body != nil {
			_ = req.Body.Close()
		}
		return nil, &plainHTTPError{host: req.URL.Host}
	}
	return g.next.RoundTrip(req)
}

// plainHTTPError is the guard's refusal.
type plainHTTPError struct{ host string }

func (e *plainHTTPError) Error() string {
	return fmt.Sprintf("plain HTTP to %s is not allowed", e.host)
}
