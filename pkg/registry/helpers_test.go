package registry_test

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"
	ggcr "github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/random"

	"github.com/retort-ci/retort/pkg/progress"
	"github.com/retort-ci/retort/pkg/registry"
	"github.com/retort-ci/retort/pkg/registry/serve"
	"github.com/retort-ci/retort/pkg/registry/serve/distributiontest"
)

// backends are the registries that every client test runs against: the
// embedded one, the distribution v3 that is inside of it without what it adds, and
// another with and without the referrers API.
func backends(t *testing.T) map[string]func() http.Handler {
	quiet := ggcr.Logger(log.New(io.Discard, "", 0))
	return map[string]func() http.Handler{
		"embedded": func() http.Handler {
			handler, err := serve.Handler(t.Context(), t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			return handler
		},
		"distribution": func() http.Handler {
			handler, err := distributiontest.Handler(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return handler
		},
		"with referrers":    func() http.Handler { return ggcr.New(quiet, ggcr.WithReferrersSupport(true)) },
		"without referrers": func() http.Handler { return ggcr.New(quiet) },
	}
}

// each runs the test against every backend, at the same time as other tests:
// much of the time goes into waiting for the disk.
func each(t *testing.T, test func(t *testing.T, w *wire)) {
	t.Parallel()
	for name := range backends(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, listen(t, backends(t)[name]()))
		})
	}
}

// embedded is the embedded registry behind a wire.
func embedded(t *testing.T) *wire { return listen(t, backends(t)["embedded"]()) }

// wire is an HTTP server before a registry that records the requests and lets a
// test answer some of them itself.
type wire struct {
	addr string
	next http.Handler

	mu       sync.Mutex
	requests []string // "METHOD /path?query"
	// answer is asked before the registry; true means it has answered.
	answer func(w http.ResponseWriter, r *http.Request, next http.Handler) bool
}

func listen(t *testing.T, next http.Handler) *wire {
	t.Helper()
	w := &wire{next: next}
	server := httptest.NewUnstartedServer(w)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // it tells of connections that tests cut
	server.Start()
	t.Cleanup(server.Close)
	w.addr = strings.TrimPrefix(server.URL, "http://")
	return w
}

func (s *wire) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.requests = append(s.requests, r.Method+" "+r.URL.RequestURI())
	answer := s.answer
	s.mu.Unlock()
	if answer != nil && answer(w, r, s.next) {
		return
	}
	s.next.ServeHTTP(w, r)
}

// intercept lets answer see every request from now on, nil none.
func (s *wire) intercept(answer func(w http.ResponseWriter, r *http.Request, next http.Handler) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = answer
}

// forget empties the record of requests.
func (s *wire) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = nil
}

// seen gives the recorded requests that begin so.
func (s *wire) seen(prefix string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []string
	for _, request := range s.requests {
		if strings.HasPrefix(request, prefix) {
			found = append(found, request)
		}
	}
	return found
}

// anonymous keeps the tests away from this machine's credentials.
func anonymous() authn.Keychain { return authn.NewMultiKeychain() }

func client(t *testing.T) *registry.Client {
	t.Helper()
	return clientWith(t, registry.Options{})
}

func clientWith(t *testing.T, opts registry.Options) *registry.Client {
	t.Helper()
	if opts.Keychain == nil {
		opts.Keychain = anonymous()
	}
	c := registry.New(opts)
	t.Cleanup(c.Close)
	return c
}

func image(t *testing.T) v1.Image {
	t.Helper()
	img, err := random.Image(4096, 3)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func digestOf(t *testing.T, m interface{ Digest() (v1.Hash, error) }) string {
	t.Helper()
	digest, err := m.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return digest.String()
}

// pushed pushes a new image and gives it.
func pushed(t *testing.T, c *registry.Client, refs ...string) v1.Image {
	t.Helper()
	img := image(t)
	if _, err := c.Push(t.Context(), img, refs...); err != nil {
		t.Fatal(err)
	}
	return img
}

// names fails the test unless ref names the digest.
func names(t *testing.T, c *registry.Client, ref, digest string) {
	t.Helper()
	desc, err := c.Resolve(t.Context(), ref)
	if err != nil {
		t.Error(err)
		return
	}
	if desc.Digest.String() != digest {
		t.Errorf("%s names %s, want %s", ref, desc.Digest, digest)
	}
}

// recorder keeps progress events.
type recorder struct {
	mu     sync.Mutex
	events []progress.Event
}

func (r *recorder) Emit(e progress.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, e)
}

// of gives the events of a kind, in order.
func (r *recorder) of(kind progress.Kind) []progress.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	var found []progress.Event
	for _, e := range r.events {
		if e.Kind == kind {
			found = append(found, e)
		}
	}
	return found
}

// ended counts the tasks that ended with the status.
func (r *recorder) ended(status progress.Status) int {
	n := 0
	for _, e := range r.of(progress.TaskEnd) {
		if e.Status == status {
			n++
		}
	}
	return n
}
