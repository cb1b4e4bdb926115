package gatewayrun

import (
	"fmt"
	"io"
	"runtime/debug"
	"strings"
	"sync"

	"github.com/retort-ci/retort/pkg/fault"
)

// guard stands before a listener of the caller's. A panic in it, in a goroutine
// that nobody else can recover, would end the process before it has removed its
// containers; and an error must not stop what others listen to.
type guard struct {
	out io.Writer // nil discards

	mu    sync.Mutex
	first []byte // the beginning, for messages
	err   error
}

// firstLimit is how much of a stream is kept for messages, in bytes.
const firstLimit = 4096

// Write never fails; see failed.
func (g *guard) Write(p []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.first = append(g.first, p[:min(len(p), firstLimit-len(g.first))]...)
	if g.out == nil || g.err != nil {
		return len(p), nil
	}
	defer func() {
		if cause := recover(); cause != nil {
			g.err = panicked(cause)
		}
	}()
	if _, err := g.out.Write(p); err != nil {
		g.err = fmt.Errorf("buildkit: keep output: %w", err)
	}
	return len(p), nil
}

// failed is why output was lost.
func (g *guard) failed() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.err
}

func (g *guard) beginning() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return strings.TrimSpace(string(g.first))
}

// panicked is called while the stack still shows where.
func panicked(cause any) error {
	return &fault.Fault{
		Side: fault.Unexpected, Err: fmt.Errorf("the listener panicked: %v", cause),
		Detail: strings.Split(strings.TrimSpace(string(debug.Stack())), "\n"),
	}
}

// closer is a writer whose end nobody waits for.
type closer struct{ io.Writer }

// Close does nothing.
func (closer) Close() error { return nil }
