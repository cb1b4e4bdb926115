package registry

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// maxRequests is how many requests go to one registry at once, and besides them
// how many blobs that one request carries, which take the time of their requests
// more than that of their bytes.
const maxRequests = 64

// host is what the client learns of one registry while it speaks to it. Nothing
// is asked ahead: the registry's first answers tell.
type host struct {
	registry name.Registry
	plain    bool   // may be spoken to without TLS
	small    slots  // for requests
	carried  slots  // for blobs that one request carries
	large    slots  // for larger ones
	blobs    places // which repository has which blob
	tokens   tokens // for repositories
	answered atomic.Bool
	listing  atomic.Int32 // whether it has the referrers API, see listing

	mu     sync.Mutex
	scheme string // https or http; empty until it has answered, if plain
	asks   *transport.Challenge
	logins map[string]*authn.AuthConfig // by repository
}

// hosts are those that a client, and all made of it by With, have spoken to.
type hosts struct {
	mu    sync.Mutex
	known map[string]*host
}

// host gives what is known of the repository's registry.
func (c *Client) host(repo name.Repository) *host {
	c.hosts.mu.Lock()
	defer c.hosts.mu.Unlock()
	at := repo.RegistryStr()
	h := c.hosts.known[at]
	if h == nil {
		h = &host{
			registry: repo.Registry,
			plain:    c.plain.allow(at),
			small:    make(slots, maxRequests),
			carried:  make(slots, maxRequests),
			large:    make(slots, c.jobs),
			scheme:   "https",
			logins:   map[string]*authn.AuthConfig{},
		}
		if h.plain {
			h.scheme = ""
		}
		c.hosts.known[at] = h
	}
	return h
}

// slots let as many go at a time as there is room.
type slots chan struct{}

// take waits for a slot and gives the function that frees it, once.
func (s slots) take(ctx context.Context) (free func(), err error) {
	select {
	case s <- struct{}{}:
		return sync.OnceFunc(func() { <-s }), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// current is the scheme that the registry has answered to.
func (h *host) current() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.scheme
}

// challenge is how the registry wants to be asked, nil while it has not said.
func (h *host) challenge() *transport.Challenge {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.asks
}

// learn keeps the scheme of a first answer.
func (h *host) learn(resp *http.Response, scheme string) {
	h.answered.Store(true)
	h.mu.Lock()
	defer h.mu.Unlock()
	if resp != nil && h.scheme == "" {
		h.scheme = scheme
	}
}

// demand keeps the challenge of an answer, false when it has none.
func (h *host) demand(resp *http.Response) bool {
	c := challengeOf(resp)
	if c == nil {
		return false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.asks = c
	return true
}
