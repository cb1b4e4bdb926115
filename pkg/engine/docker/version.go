package docker

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
)

// Describe gives the daemon's version and address.
func (e *Engine) Describe(ctx context.Context) (string, error) {
	version := e.namedVersion(ctx)
	if version == "" {
		v, err := e.api.ServerVersion(ctx)
		if err != nil {
			return "", e.explain(ctx, "ask for the version", err)
		}
		version = v.Version
	}
	return fmt.Sprintf("docker %s at %s", version, e.address), nil
}

// namedVersion is the version that the daemon names in the header of any answer
// (Server: Docker/20.10.24 (linux)), empty where it does not. The API's own
// /version takes 20 times as long: the daemon runs three programs for it.
func (e *Engine) namedVersion(ctx context.Context) string {
	once := &http.Transport{
		DialContext:       func(ctx context.Context, _, _ string) (net.Conn, error) { return e.api.Dialer()(ctx) },
		DisableKeepAlives: true,
	}
	ping, err := http.NewRequestWithContext(ctx, http.MethodHead, "http://docker/_ping", nil)
	if err != nil {
		return ""
	}
	answer, err := once.RoundTrip(ping)
	if err != nil {
		return "" // /version tells why
	}
	_ = answer.Body.Close()
	product, _, _ := strings.Cut(answer.Header.Get("Server"), " ")
	if version, ok := strings.CutPrefix(product, "Docker/"); ok {
		return version
	}
	return ""
}
