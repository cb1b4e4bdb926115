package promote_test

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	ggcr "github.com/google/go-containerregistry/pkg/registry"

	"github.com/retort-ci/retort/pkg/registry"
)

// immortal is more requests than anyone makes.
const immortal = 1 << 30

// mortal is a registry in front of which clients die: after some requests no
// other arrives. It keeps all in memory, since it is asked thousands of times.
type mortal struct {
	addr string
	next http.Handler

	mu     sync.Mutex
	left   int
	unsaid bool // the last request arrives, but its answer does not
}

func newMortal(t *testing.T) *mortal {
	t.Helper()
	m := &mortal{
		next: ggcr.New(ggcr.Logger(log.New(io.Discard, "", 0)), ggcr.WithReferrersSupport(true)),
		left: immortal,
	}
	server := httptest.NewUnstartedServer(m)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.Start()
	t.Cleanup(server.Close)
	m.addr = strings.TrimPrefix(server.URL, "http://")
	return m
}

func (m *mortal) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	m.left--
	left, unsaid := m.left, m.unsaid
	m.mu.Unlock()
	switch {
	case left >= 0:
		m.next.ServeHTTP(w, r)
		return
	case left == -1 && unsaid:
		m.next.ServeHTTP(httptest.NewRecorder(), r)
	}
	panic(http.ErrAbortHandler)
}

// live gives a client that dies after so many requests, and knows nothing of what
// those before it did.
func (m *mortal) live(t *testing.T, requests int, unsaid bool) place {
	t.Helper()
	m.mu.Lock()
	m.left, m.unsaid = requests, unsaid
	m.mu.Unlock()
	c := registry.New(registry.Options{RetryFor: -1})
	t.Cleanup(c.Close)
	return place{c, m.addr}
}

// died says whether the last client did.
func (m *mortal) died() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.left < 0
}
