package service_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/retort-ci/retort/examples/shop/internal/service"
)

func TestRun(t *testing.T) {
	svc := service.Service{
		Name:    "svc",
		Serve:   func(context.Context) error { return nil },
		Healthy: func(context.Context) error { return errors.New("broker is away") },
	}
	tests := []struct {
		args   []string
		code   int
		stderr string
	}{
		{nil, 0, ""},
		{[]string{"healthy"}, 1, "svc: broker is away\n"},
		{[]string{"healty"}, 2, "usage: svc [healthy]\n"},
	}
	for _, tt := range tests {
		t.Run(strings.Join(tt.args, " "), func(t *testing.T) {
			var stderr strings.Builder
			if code := svc.Run(t.Context(), tt.args, &stderr); code != tt.code || stderr.String() != tt.stderr {
				t.Errorf("Run(%q) = %d with %q, want %d with %q", tt.args, code, &stderr, tt.code, tt.stderr)
			}
		})
	}
}

func TestServeHTTPStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := service.ServeHTTP(ctx, "127.0.0.1:0", http.NotFoundHandler()); err != nil {
		t.Errorf("ServeHTTP told to stop: %v", err)
	}
}

func TestServeHTTPAddressTaken(t *testing.T) {
	srv := httptest.NewServer(http.NotFoundHandler())
	defer srv.Close()
	if err := service.ServeHTTP(t.Context(), srv.Listener.Addr().String(), http.NotFoundHandler()); err == nil {
		t.Error("ServeHTTP served on an address that is taken")
	}
}

func TestHealth(t *testing.T) {
	var broken error
	mux := http.NewServeMux()
	mux.Handle("GET /healthz", service.HealthHandler(func(context.Context) error { return broken }))
	srv := httptest.NewServer(mux)
	defer srv.Close()
	address := srv.Listener.Addr().String()

	if err := service.CheckHTTP(t.Context(), address); err != nil {
		t.Errorf("CheckHTTP of a healthy service: %v", err)
	}
	broken = errors.New("broker is away")
	if err := service.CheckHTTP(t.Context(), address); err == nil || !strings.Contains(err.Error(), "broker is away") {
		t.Errorf("CheckHTTP of a broken service = %v, want its reason", err)
	}
	broken = nil
	srv.Close()
	if err := service.CheckHTTP(t.Context(), address); err == nil {
		t.Error("CheckHTTP of a stopped service succeeded")
	}
}

// A broker that takes connections and says nothing makes the service unhealthy
// all the same, and before Docker gives up on the health check.
func TestHealthOfASilentBroker(t *testing.T) {
	silence := make(chan error)
	defer close(silence)
	w := httptest.NewRecorder()
	service.HealthHandler(func(context.Context) error { return <-silence }).
		ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/healthz", nil))
	if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "no answer within 1s") {
		t.Errorf("GET /healthz = %d %s, want 503 and no answer", w.Code, w.Body)
	}
}
