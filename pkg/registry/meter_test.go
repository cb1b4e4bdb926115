package registry_test

import (
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"
)

// meter counts the requests of several wires, and how deep they are: the
// longest chain of which each began after the one before it had ended. Every
// request takes a while, as over a network, so that what is sent at the same
// time is seen to be.
type meter struct {
	mu    sync.Mutex
	spans []span
}

type span struct {
	what       string
	begun, end time.Time
}

// lag is what a request takes at least.
const lag = 30 * time.Millisecond

// measure attaches a new meter to the wires.
func measure(t *testing.T, wires ...*wire) *meter {
	t.Helper()
	m := &meter{}
	for _, w := range wires {
		w.intercept(func(rw http.ResponseWriter, r *http.Request, next http.Handler) bool {
			begun := time.Now()
			timer := time.NewTimer(lag)
			next.ServeHTTP(rw, r)
			<-timer.C         // is the network, not a wait for something else
			end := time.Now() // before the client has the answer
			m.mu.Lock()
			defer m.mu.Unlock()
			m.spans = append(m.spans, span{r.Method + " " + r.URL.RequestURI(), begun, end})
			return true
		})
	}
	return m
}

// depth is the length of the longest chain.
func (m *meter) depth() int {
	spans := slices.SortedFunc(slices.Values(m.spans), func(a, b span) int { return a.begun.Compare(b.begun) })
	longest := make([]int, len(spans), len(spans)+1)
	for i, s := range spans {
		longest[i] = 1
		for j, before := range spans[:i] {
			if !before.end.After(s.begun) {
				longest[i] = max(longest[i], longest[j]+1)
			}
		}
	}
	return slices.Max(slices.Insert(longest, 0, 0))
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
		t.Logf("%s: %d requests, %d deep", what, len(m.spans), m.depth())
		if len(m.spans) <= requests && m.depth() <= depth {
			return
		}
		if len(m.spans) > requests || try == tries-1 {
			for _, s := range m.spans {
				t.Log(s.what)
			}
			t.Fatalf("%s: at most %d requests, %d deep, are allowed", what, requests, depth)
		}
	}
}
