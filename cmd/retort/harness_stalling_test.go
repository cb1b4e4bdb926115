package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/retort-ci/retort/pkg/registry/serve"
)

// stalling is a registry that lets clients wait for an answer as long as they like.
type stalling struct {
	addr   string
	stalls atomic.Bool
	waits  chan struct{} // one for each request that waits
}

func newStalling(t *testing.T, match func(*http.Request) bool) *stalling {
	t.Helper()
	handler, err := serve.Handler(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s := &stalling{waits: make(chan struct{}, 1)}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if match == nil || !s.stalls.Load() || !match(r) {
			handler.ServeHTTP(w, r)
			return
		}
		_, _ = io.Copy(io.Discard, r.Body) // behind it the server sees that the client is gone
		select {
		case s.waits <- struct{}{}:
		default:
		}
		<-r.Context().Done()
	}))
	t.Cleanup(server.Close)
	s.addr = strings.TrimPrefix(server.URL, "http://")
	return s
}

// forget is for the next step: only its own requests count.
func (s *stalling) forget() {
	select {
	case <-s.waits:
	default:
	}
}

// reached returns when a request of the step waits.
func (s *stalling) reached(t *testing.T, step *shStep) {
	t.Helper()
	select {
	case <-s.waits:
	case <-step.done:
		t.Fatalf("the step ended with %d before it waited for the registry:\n%s", step.code, step.text(t))
	}
}
