package registry_test

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/registry"
)

// dialing gives a transport that connects to addr whatever the host is, so that
// no other machine is ever spoken to.
func dialing(addr string) *http.Transport {
	return &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, addr)
	}}
}

func TestPlainHTTPOnlyWhereAllowed(t *testing.T) {
	w := embedded(t)
	pushed(t, client(t), w.addr+"/shop/orders:1")
	cases := []struct {
		host    string
		plain   []string
		allowed bool
	}{
		{"registry.example.com", nil, false},
		{"registry.example.com:5000", nil, false},
		{"registry.example.com", []string{"registry.example.com"}, true},
		{"registry.example.com:5000", []string{"registry.example.com:5000"}, true},
		{"registry.example.com:5000", []string{"registry.example.com"}, true},
		{"registry.example.com:5001", []string{"registry.example.com:5000"}, false},
		// For private addresses the library would fall back to HTTP by itself.
		{"10.0.0.1:5000", nil, false},
		{"10.0.0.1:5000", []string{"10.0.0.1:5000"}, true},
		{"127.0.0.2:5000", nil, true},
		{"[::1]:5000", nil, true},
		{"localhost:5000", nil, true},
		{"registry.localhost:5000", nil, true},
	}
	for _, c := range cases {
		t.Run(c.host+strings.Join(c.plain, ","), func(t *testing.T) {
			w.forget()
			client := clientWith(t, registry.Options{PlainHTTP: c.plain, Transport: dialing(w.addr)})
			_, err := client.Resolve(t.Context(), c.host+"/shop/orders:1")
			if c.allowed {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if fault.SideOf(err) != fault.Infrastructure || !strings.Contains(fault.HintOf(err), "--plain-http "+c.host) {
				t.Errorf("%v, hint %q", err, fault.HintOf(err))
			}
			if all := w.seen(""); len(all) != 0 {
				t.Errorf("it was spoken to in clear: %v", all)
			}
		})
	}
}

// A registry with TLS must not send its clients on to one without.
func TestNoRedirectToPlainHTTP(t *testing.T) {
	plain := embedded(t)
	secure := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v2/" {
			return
		}
		http.Redirect(w, r, "http://registry.example.com"+r.URL.Path, http.StatusTemporaryRedirect)
	}))
	t.Cleanup(secure.Close)
	transport := secure.Client().Transport.(*http.Transport)
	transport.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		if strings.HasPrefix(addr, "registry.example.com") {
			addr = plain.addr
		}
		return (&net.Dialer{}).DialContext(ctx, network, addr)
	}
	c := clientWith(t, registry.Options{Transport: transport})
	_, err := c.Resolve(t.Context(), strings.TrimPrefix(secure.URL, "https://")+"/shop/orders:1")
	if fault.SideOf(err) != fault.Infrastructure || !strings.Contains(err.Error(), "plain HTTP to registry.example.com is not allowed") {
		t.Errorf("%v: %v", fault.SideOf(err), err)
	}
	if all := plain.seen(""); len(all) != 0 {
		t.Errorf("it was spoken to in clear: %v", all)
	}
}

func TestAnUntrustedCertificate(t *testing.T) {
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0) // it tells of the failed handshake
	secure.StartTLS()
	t.Cleanup(secure.Close)
	transport := dialing(strings.TrimPrefix(secure.URL, "https://"))
	_, err := clientWith(t, registry.Options{Transport: transport}).Resolve(t.Context(), "registry.example.com/shop/orders:1")
	if fault.SideOf(err) != fault.Infrastructure || !strings.Contains(fault.HintOf(err), "certificate authority") {
		t.Errorf("%v, hint %q", err, fault.HintOf(err))
	}
}

func TestUserAgent(t *testing.T) {
	w := embedded(t)
	var agents []string
	w.intercept(func(_ http.ResponseWriter, r *http.Request, _ http.Handler) bool {
		agents = append(agents, r.UserAgent())
		return false
	})
	c := clientWith(t, registry.Options{UserAgent: "retort/test"})
	if _, err := c.Resolve(t.Context(), w.addr+"/shop/orders:1"); err == nil {
		t.Error("found in an empty registry")
	}
	for _, agent := range agents {
		if !strings.HasPrefix(agent, "retort/test ") {
			t.Errorf("User-Agent %q", agent)
		}
	}
}
