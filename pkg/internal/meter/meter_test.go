package meter_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/retort-ci/retort/pkg/internal/meter"
)

func TestMeter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const lag = 50 * time.Millisecond
		m := meter.New(lag)
		handler := m.Before(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }))
		put := func(path, body string) {
			handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodPut, path, strings.NewReader(body)))
		}
		begun := time.Now()
		put("/first", "abc")
		done := make(chan struct{})
		for range 3 { // beside each other
			go func() { put("/second", "d"); done <- struct{}{} }()
		}
		for range 3 {
			<-done
		}
		put("/third", "")
		if took := time.Since(begun); took != 3*lag {
			t.Errorf("it took %s, want %s", took, 3*lag)
		}
		log := m.Take()
		if len(log) != 5 || log.Depth() != 3 || log.Sent() != 6 {
			t.Errorf("%d requests, %d deep, %d bytes, want 5, 3, 6: %v", len(log), log.Depth(), log.Sent(), log)
		}
		if first := log[0]; first.Method != http.MethodPut || first.URI != "/first" || first.Sent != 3 {
			t.Errorf("the first request is %v", first)
		}
		if again := m.Take(); len(again) != 0 || again.Depth() != 0 {
			t.Errorf("taken once more: %v", again)
		}
	})
}
