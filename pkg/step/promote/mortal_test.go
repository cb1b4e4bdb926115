package promote_test

import (
	"context"
	"io"
	"log"
	"net/http"
	"sync"
	"testing"

	ggcr "github.com/google/go-containerregistry/pkg/registry"

	"github.com/retort-ci/retort/pkg/internal/direct"
	"github.com/retort-ci/retort/pkg/registry"
)

// immortal is more requests than anyone makes.
const immortal = 1 << 30

// mortal is the way to a registry on which clients die: after some requests no
// other arrives. There is no network and no disk, since it is asked thousands
// of times.
type mortal struct {
	direct.Transport

	mu     sync.Mutex
	left   int
	unsaid bool   // the last request arrives, but its answer does not
	stop   func() // in place of death
}

func newMortal() *mortal {
	quiet := ggcr.Logger(log.New(io.Discard, "", 0))
	return &mortal{Transport: direct.Transport{Next: ggcr.New(quiet, ggcr.WithReferrersSupport(true))}, left: immortal}
}

func (m *mortal) RoundTrip(req *http.Request) (*http.Response, error) {
	m.mu.Lock()
	m.left--
	left, unsaid, stop := m.left, m.unsaid, m.stop
	m.mu.Unlock()
	if left == -1 && stop != nil {
		stop()
	}
	if left >= 0 || stop != nil {
		return m.Transport.RoundTrip(req)
	}
	if left == -1 && unsaid {
		if resp, err := m.Transport.RoundTrip(req); err == nil {
			_ = resp.Body.Close()
		}
	} else if req.Body != nil {
		_ = req.Body.Close()
	}
	return nil, io.ErrUnexpectedEOF
}

// live gives a client that dies after so many requests, and knows nothing of what
// those before it did.
func (m *mortal) live(t *testing.T, requests int, unsaid bool) place {
	t.Helper()
	m.mu.Lock()
	m.left, m.unsaid, m.stop = requests, unsaid, nil
	m.mu.Unlock()
	c := registry.New(registry.Options{Transport: m, RetryFor: -1})
	t.Cleanup(c.Close)
	return place{c, "registry.example.com"}
}

// warned gives a client that is told to stop, by the context, after so many
// requests.
func (m *mortal) warned(t *testing.T, requests int) (context.Context, place) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	p := m.live(t, requests, false)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.stop = cancel
	return ctx, p
}

// died says whether the last client did, or was told to stop.
func (m *mortal) died() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.left < 0
}
