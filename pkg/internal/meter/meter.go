// Package meter stands before registries in tests and benchmarks: it lets every
// request take a while, as over a network, and tells how many there were, how
// deep they were and how many bytes they brought.
package meter

import (
	"io"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Meter keeps what it saw of several servers. It is safe for concurrent use.
type Meter struct {
	lag time.Duration

	mu   sync.Mutex
	seen []Request
}

// Request is one that was answered.
type Request struct {
	Method, URI string
	Sent        int64 // bytes of its body
	Begun, End  time.Time
}

// New gives a meter that delays every request by lag.
func New(lag time.Duration) *Meter { return &Meter{lag: lag} }

// Before gives the handler that measures what goes to next.
func (m *Meter) Before(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := time.Now()
		time.Sleep(m.lag) // is the network, not a wait for something else
		body := &counted{ReadCloser: r.Body}
		if r.Body != http.NoBody { // which proxies tell from a body of no bytes
			r.Body = body
		}
		next.ServeHTTP(w, r)
		end := time.Now() // before the client has all of the answer
		m.mu.Lock()
		defer m.mu.Unlock()
		m.seen = append(m.seen, Request{r.Method, r.URL.RequestURI(), body.n.Load(), begun, end})
	})
}

// counted counts what is read of a body.
type counted struct {
	io.ReadCloser
	n atomic.Int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.n.Add(int64(n))
	return n, err
}

// Take gives what was seen since it was last called, in the order of beginning.
func (m *Meter) Take() Log {
	m.mu.Lock()
	defer m.mu.Unlock()
	log := Log(m.seen)
	m.seen = nil
	slices.SortFunc(log, func(a, b Request) int { return a.Begun.Compare(b.Begun) })
	return log
}

// Log is requests in the order of beginning.
type Log []Request

// Depth is the length of the longest chain of requests of which each began
// after the one before it had ended.
func (l Log) Depth() int {
	deepest := 0
	depth := make([]int, len(l))
	for i, r := range l {
		for j, before := range l[:i] {
			if !before.End.After(r.Begun) {
				depth[i] = max(depth[i], depth[j])
			}
		}
		depth[i]++
		deepest = max(deepest, depth[i])
	}
	return deepest
}

// Sent is the bytes of all bodies.
func (l Log) Sent() int64 {
	var sum int64
	for _, r := range l {
		sum += r.Sent
	}
	return sum
}
