package registry_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/internal/meter"
)

// lag is what a request takes at least, so that what is sent at the same time is
// seen to be.
const lag = 30 * time.Millisecond

// measure attaches a new meter to the wires.
func measure(t *testing.T, wires ...*wire) *meter.Meter {
	t.Helper()
	m := meter.New(lag)
	for _, w := range wires {
		w.intercept(func(rw http.ResponseWriter, r *http.Request, next http.Handler) bool {
			m.Before(next).ServeHTTP(rw, r)
			return true
		})
	}
	return m
}

// within runs what is measured, several times where it must: a busy machine
// sends late what could have been sent at once, so that requests only look as
// if they had waited for each other. The number of requests is always the same.
func within(t *testing.T, what string, requests, depth int, wires []*wire, do func(try int) error) {
	t.Helper()
	const tries = 6
	for try := range tries {
		m := measure(t, wires...)
		if err := do(try); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		for _, w := range wires {
			w.intercept(nil)
		}
		log := m.Take()
		t.Logf("%s: %d requests, %d deep", what, len(log), log.Depth())
		if len(log) <= requests && log.Depth() <= depth {
			return
		}
		if len(log) > requests || try == tries-1 {
			for _, r := range log {
				t.Log(r.Method, r.URI)
			}
			t.Fatalf("%s: at most %d requests, %d deep, are allowed", what, requests, depth)
		}
	}
}
