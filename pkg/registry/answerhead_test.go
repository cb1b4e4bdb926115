package registry_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/retort-ci/retort/pkg/progress"
	"github.com/retort-ci/retort/pkg/registry"
)

// breaking is a registry whose connections break at the beginning: some before an
// answer, then some in its head.
func breaking(next http.Handler, before, within int32) http.Handler {
	var requests atomic.Int32
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := requests.Add(1)
		if n > before+within {
			next.ServeHTTP(w, r)
			return
		}
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		if n > before {
			_, _ = io.WriteString(conn, "HTTP/1.1 2")
		}
		_ = conn.Close()
	})
}

// Tries after answers that were cut in their heads are counted apart from those
// after other failures.
func TestHeadsAreCountedApart(t *testing.T) {
	t.Parallel()
	w := listen(t, breaking(backends(t)["with referrers"](), 3, 2))
	events := &recorder{}
	c := clientWith(t, registry.Options{Progress: events})
	if _, err := c.Push(t.Context(), single(t, 50), w.addr+"/shop/orders:1"); err != nil {
		t.Error(err)
	}
	if told := events.of(progress.Warning); len(told) < 5 {
		t.Errorf("told %+v", told)
	}
}

// Half an answer over TLS is no reason to go on without: a server of TLS answers
// that, and would be spoken to in plain text ever after.
func TestHalfAnAnswerOverTLS(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(breaking(backends(t)["with referrers"](), 0, 1))
	t.Cleanup(server.Close)
	events := &recorder{}
	c := clientWith(t, registry.Options{Progress: events, Transport: server.Client().Transport})
	ref := server.Listener.Addr().String() + "/shop/orders:1"
	if _, err := c.Push(t.Context(), single(t, 50), ref); err != nil {
		t.Error(err)
	}
	if told := events.of(progress.Warning); len(told) == 0 {
		t.Error("nothing was told of it")
	}
}
