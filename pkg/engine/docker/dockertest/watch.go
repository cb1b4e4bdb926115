package dockertest

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/docker/docker/client"
)

// Watch gives the daemon's address, as DOCKER_HOST takes it, behind a proxy that
// tells of every request before it passes it on.
func Watch(tb testing.TB, tell func(*http.Request)) string {
	tb.Helper()
	at, err := client.ParseHostURL(host())
	if err != nil {
		tb.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: "docker"})
	proxy.Transport = &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, at.Scheme, at.Host)
	}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tell(r)
		proxy.ServeHTTP(w, r)
	}))
	tb.Cleanup(server.Close)
	return strings.Replace(server.URL, "http://", "tcp://", 1)
}
