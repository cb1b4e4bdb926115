package service

import (
	"context"
	"net"
	"net/http"
	"testing"
)

// The request under way when the service is told to stop still gets its answer.
func TestServeDrains(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() {
		served <- serve(ctx, ln, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			cancel()
			WriteJSON(w, http.StatusAccepted, "done")
		}))
	}()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+ln.Addr().String(), nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusAccepted {
		t.Errorf("status %s, want 202", res.Status)
	}
	if err := <-served; err != nil {
		t.Errorf("serve: %v", err)
	}
}
