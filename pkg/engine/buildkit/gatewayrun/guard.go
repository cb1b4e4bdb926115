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
// containers; and an error must not stop what others listen to. It keeps what comes
// before listen: the listener may take nothing until the container's Start has
// returned, and Start waits for words that come after that, on another stream.
type guard struct {
	out io.Writer // nil discards

	mu     sync.Mutex
	first  []byte // the beginning, for messages
	open   bool
	before []byte // what was written before it was open
	err    error
}

// firstLimit is how much of a stream is kept for messages, in bytes.
const firstLimit = 4096

// Write never fails; see failed.
func (g *guard) Write(p []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.first = append(g.first, p[:min(len(p), firstLimit-len(g.first))]...)
	if g.open {
		g.pass(p)
	} else if g.out != nil {
		g.before = append(g.before, p...)
	}
	return len(p), nil
}

// listen lets the listener have all that came and will come. It does not wait until
// that is taken; who writes or asks afterwards does.
func (g *guard) listen() {
	g.mu.Lock()
	g.open = true
	if len(g.before) == 0 {
		g.mu.Unlock()
		return
	}
	go func() {
		defer g.mu.Unlock()
		g.pass(g.before)
		g.before = nil
	}()
}

// pass is for who holds the lock.
func (g *guard) pass(p []byte) {
	if g.out == nil || g.err != nil {
		return
	}
	defer func() {
		if cause := recover(); cause != nil {
			g.err = panicked(cause)
		}
	}()
	if _, err := g.out.Write(p); err != nil {
		g.err = fmt.Errorf("buildkit: keep output: %w", err)
	}
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
