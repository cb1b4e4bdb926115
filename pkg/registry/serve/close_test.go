package serve

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// A server that cuts connections does not wait for its handlers; the registry
// does, before it gives its directory back.
func TestCloseWaitsForRequests(t *testing.T) {
	reg, err := open(t.Context(), t.TempDir(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	entered, closed := make(chan struct{}), make(chan error, 1)
	reg.handler = http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		close(entered)
		select {
		case err := <-closed:
			closed <- err
			t.Error("it was closed while a request was being served")
		case <-time.After(200 * time.Millisecond): // as long as it is watched
		}
	})
	request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/v2/", nil)
	served := make(chan struct{})
	go func() {
		defer close(served)
		reg.ServeHTTP(httptest.NewRecorder(), request)
	}()
	<-entered
	go func() { closed <- reg.close() }()
	<-served
	if err := <-closed; err != nil {
		t.Error(err)
	}
	late := httptest.NewRecorder()
	reg.ServeHTTP(late, request)
	if late.Code != http.StatusServiceUnavailable {
		t.Errorf("a request after the end: %d", late.Code)
	}
}
