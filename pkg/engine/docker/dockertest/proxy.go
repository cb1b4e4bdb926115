package dockertest

import (
	"io"
	"math"
	"net"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/docker/docker/client"
)

// Proxy stands between a client and the daemon until it is cut.
type Proxy struct {
	listener net.Listener
	left     atomic.Int64 // bytes the daemon may still send
	mu       sync.Mutex
	open     []net.Conn
	cut      bool
}

// NewProxy listens on a loopback port. It is cut when the test ends, at the latest.
func NewProxy(tb testing.TB) *Proxy {
	tb.Helper()
	url, err := client.ParseHostURL(host())
	if err != nil {
		tb.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // closed by Cut
	if err != nil {
		tb.Fatal(err)
	}
	p := &Proxy{listener: listener}
	p.left.Store(math.MaxInt64)
	var wg sync.WaitGroup
	wg.Go(func() { p.accept(&wg, url.Scheme, url.Host) })
	tb.Cleanup(func() { p.Cut(); wg.Wait() })
	return p
}

// Host is the proxy's address as DOCKER_HOST takes it.
func (p *Proxy) Host() string { return "tcp://" + p.listener.Addr().String() }

// Cut closes every connection and takes no more.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = true
	_ = p.listener.Close()
	for _, c := range p.open {
		_ = c.Close()
	}
}

// CutAfter cuts when the daemon has sent n more bytes.
func (p *Proxy) CutAfter(n int64) { p.left.Store(n) }

func (p *Proxy) accept(wg *sync.WaitGroup, network, address string) {
	for {
		near, err := p.listener.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial(network, address) //nolint:noctx // closed by Cut
		if err != nil {
			_ = near.Close()
			continue
		}
		if !p.keep(near, far) {
			return
		}
		wg.Go(func() { pass(far, near) })
		wg.Go(func() { pass(near, &counted{Reader: far, proxy: p}) })
	}
}

// keep remembers the pair for Cut; false when that came first.
func (p *Proxy) keep(pair ...net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cut {
		for _, c := range pair {
			_ = c.Close()
		}
		return false
	}
	p.open = append(p.open, pair...)
	return true
}

// pass copies one direction and hands on its end; the other may go on, as it
// does on a hijacked connection.
func pass(to io.Writer, from io.Reader) {
	_, _ = io.Copy(to, from)
	if half, ok := to.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
	}
}

// counted ends the proxy when the daemon has sent what it may.
type counted struct {
	io.Reader
	proxy *Proxy
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	if c.proxy.left.Add(-int64(n)) < 0 {
		c.proxy.Cut()
		return 0, io.EOF
	}
	return n, err
}
