package registry_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/random"

	"github.com/retort-ci/retort/pkg/internal/versus"
	"github.com/retort-ci/retort/pkg/registry"
	"github.com/retort-ci/retort/pkg/registry/serve"
)

// distance is how far away the registry is, there and back, once it is.
const distance = 50 * time.Millisecond

// far gives a registry that moves away when its switch is set, and an image's
// digest in it.
func far(b *testing.B) (repo, digest string, away *atomic.Bool) {
	b.Helper()
	next, err := serve.Handler(b.Context(), b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	away = &atomic.Bool{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if away.Load() {
			<-time.After(distance)
		}
		next.ServeHTTP(w, r)
	}))
	b.Cleanup(server.Close)
	img, err := random.Image(64, 1)
	if err != nil {
		b.Fatal(err)
	}
	repo = strings.TrimPrefix(server.URL, "http://") + "/shop/orders"
	pushed, err := near(b).Push(b.Context(), img, repo+":1")
	if err != nil {
		b.Fatal(err)
	}
	return repo, pushed.Digest, away
}

// near is a client that has spoken to nobody yet.
func near(b *testing.B) *registry.Client {
	b.Helper()
	c := registry.New(registry.Options{Keychain: anonymous()})
	b.Cleanup(c.Close)
	return c
}

// A thousand records take as long as three requests: two pages of tags, and then
// at once a page of records and those that have come since.
func BenchmarkVersusRequestsInARow(b *testing.B) {
	const many = 1000
	repo, digest, away := far(b)
	appended(b, near(b), repo, digest, many, 2026)
	away.Store(true)
	versus.Run(b, versus.Work{
		Name: "list 1,000 records",
		Ours: func() error {
			records, err := near(b).History(b.Context(), repo, "production", 0)
			if err == nil && len(records) != many {
				err = fmt.Errorf("%d records", len(records))
			}
			return err
		},
		Peers: []versus.Peer{{Name: "3 requests in a row", Limit: 1.2, Do: func() error {
			c := near(b)
			for range 3 {
				if _, err := c.Resolve(b.Context(), repo+":1"); err != nil {
					return err
				}
			}
			return nil
		}}},
	})
}
