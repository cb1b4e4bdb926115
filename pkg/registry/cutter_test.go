package registry_test

import (
	"net"
	"sync"
	"testing"
)

// cutter is a TCP proxy that resets a connection, once, at a byte of what goes
// in one direction over all of them. What toxiproxy does, toxic_test.go has from
// there: its connections end after so many bytes of their own, each of them and not
// one, and with an end instead of a reset; its resets come after a time, and lose
// what came before.
type cutter struct {
	addr string
	to   string

	mu    sync.Mutex
	up    bool  // towards the registry
	at    int64 // bytes before the cut
	moved [2]int64
	cut   bool
}

const (
	down = iota
	up
)

// newCutter cuts what goes up, or down, after so many bytes.
func newCutter(t *testing.T, to string, goesUp bool, at int64) *cutter {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	c := &cutter{addr: listener.Addr().String(), to: to, up: goesUp, at: at}
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go c.join(client)
		}
	}()
	return c
}

// join carries bytes between the client and the registry until one of them, or
// the cut, ends it.
func (c *cutter) join(client net.Conn) {
	server, err := net.Dial("tcp", c.to) //nolint:noctx // it ends with the client's connection
	if err != nil {
		_ = client.Close()
		return
	}
	var ends sync.WaitGroup
	ends.Go(func() { c.carry(server, client, up) })
	ends.Go(func() { c.carry(client, server, down) })
	ends.Wait()
}

func (c *cutter) carry(to, from net.Conn, direction int) {
	defer func() { _ = to.Close() }()
	defer func() { _ = from.Close() }()
	buffer := make([]byte, 16<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			whole, reset := c.count(n, direction)
			if _, err := to.Write(buffer[:whole]); err != nil {
				return
			}
			if reset {
				abort(to)
				abort(from)
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// count says how many of n bytes pass, and whether the connection is to be reset
// then.
func (c *cutter) count(n, direction int) (pass int, reset bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	before := c.moved[direction]
	c.moved[direction] += int64(n)
	if c.cut || (direction == up) != c.up || c.moved[direction] <= c.at {
		return n, false
	}
	c.cut = true
	return int(c.at - before), true
}

// abort makes the close a reset: what is on its way is lost.
func abort(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
}

// total is how many bytes went in the direction.
func (c *cutter) total(direction int) int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.moved[direction]
}
