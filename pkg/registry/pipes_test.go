package registry_test

import (
	"bufio"
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/progress"
	"github.com/retort-ci/retort/pkg/registry"
)

// pipes is a network inside of a bubble, where waits cost nothing: a listener whose
// connections are pipes.
type pipes struct {
	dialled chan net.Conn
	closed  chan struct{}
	close   func()
}

var _ net.Listener = (*pipes)(nil)

func newPipes(t *testing.T) *pipes {
	t.Helper()
	p := &pipes{dialled: make(chan net.Conn), closed: make(chan struct{})}
	p.close = sync.OnceFunc(func() { close(p.closed) })
	t.Cleanup(p.close)
	return p
}

// servePipes gives such a network to a registry, until the test ends.
func servePipes(t *testing.T, next http.Handler) *pipes {
	t.Helper()
	p := newPipes(t)
	server := &http.Server{Handler: next, ErrorLog: log.New(io.Discard, "", 0)} // #nosec G112 -- nobody is slow here
	go func() { _ = server.Serve(p) }()
	t.Cleanup(func() { _ = server.Close() })
	return p
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.dialled:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error { p.close(); return nil }

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 5000} }

func (p *pipes) dial(ctx context.Context) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case p.dialled <- there:
		return here, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-p.closed:
		return nil, syscall.ECONNREFUSED
	}
}

// What listens and is no registry is told soon, though its answer might be half of a
// good one.
func TestAnAnswerThatIsNone(t *testing.T) {
	for what, says := range map[string]string{"another protocol": "SSH-2.0-OpenSSH_10\r\n", "half a line": "HTTP/1.1 2"} {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPipes(t)
				go func() {
					for {
						conn, err := p.Accept()
						if err != nil {
							return
						}
						go func() {
							_, _ = http.ReadRequest(bufio.NewReader(conn))
							_, _ = io.WriteString(conn, says)
							_ = conn.Close()
						}()
					}
				}()
				dial := func(ctx context.Context, _, _ string) (net.Conn, error) { return p.dial(ctx) }
				events := &recorder{}
				c := clientWith(t, registry.Options{Transport: &http.Transport{DialContext: dial}, Progress: events})
				begun := time.Now()
				_, err := c.Resolve(t.Context(), "127.0.0.1:5000/shop/orders:1")
				if fault.SideOf(err) != fault.Infrastructure {
					t.Errorf("%v: %v", fault.SideOf(err), err)
				}
				if told := events.of(progress.Warning); len(told) != 2 || time.Since(begun) > 5*time.Second {
					t.Errorf("after %s, and %+v", time.Since(begun), told)
				}
			})
		})
	}
}
