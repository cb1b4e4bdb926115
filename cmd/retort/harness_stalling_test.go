package main

import (
	"io"
	"net/http"
	"sync/atomic"
	"testing"
)

// stalling is a registry that lets clients wait for an answer as long as they like.
type stalling struct {
	addr   string
	stalls atomic.Bool
	waits  chan struct{} // one for each request that waits
}

func newStalling(t *testing.T, match func(*http.Request) bool) *stalling {
	t.Helper()
	s := &stalling{waits: make(chan struct{}, 1)}
	s.addr = serveBehind(t, t.TempDir(), func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		if match == nil || !s.stalls.Load() || !match(r) {
			next.ServeHTTP(w, r)
			return
		}
		_, _ = io.Copy(io.Discard, r.Body) // behind it the server sees that the client is gone
		select {
		case s.waits <- struct{}{}:
		default:
		}
		<-r.Context().Done()
	})
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
