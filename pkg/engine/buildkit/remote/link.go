package remote

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// link makes connections and remembers why the last one came to nothing: gRPC
// tells that as text alone.
type link struct {
	dial func(ctx context.Context) (net.Conn, error)
	tls  *tls.Config // nil for none

	mu   sync.Mutex
	last error
}

// errHungUp is what a daemon does that wants TLS and was not spoken to so.
var errHungUp = errors.New("the connection was ended before a word was said")

// connect dials, and agrees upon TLS. What went wrong before stays noted until the
// daemon says something: gRPC dials again by itself.
func (l *link) connect(ctx context.Context) (net.Conn, error) {
	conn, err := l.dial(ctx)
	if err != nil {
		l.note(err)
		return nil, err
	}
	if l.tls == nil {
		return &noting{Conn: conn, link: l}, nil
	}
	secured := tls.Client(conn, l.tls)
	limit, cancel := context.WithTimeout(ctx, dialLimit)
	defer cancel()
	if err := secured.HandshakeContext(limit); err != nil {
		_ = conn.Close()
		err = fmt.Errorf("TLS: %w", err)
		l.note(err)
		return nil, err
	}
	return &noting{Conn: secured, link: l}, nil
}

// askAgain is for when the answer to a connection of TLS was lost: who writes to a
// daemon that has hung up is sent a reset, and the alert that came before it is
// dropped. Here nothing is written.
func (l *link) askAgain(ctx context.Context) {
	if why := l.why(); l.tls == nil || why != nil && !hungUp(why) {
		return
	}
	conn, err := l.connect(ctx)
	if err != nil {
		return // noted
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetReadDeadline(time.Now().Add(alertLimit))
	_, _ = conn.Read(make([]byte, 1))
}

// alertLimit is how long an alert may be on its way, behind the handshake.
const alertLimit = 2 * time.Second

func (l *link) note(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last = err
}

// why is what the last connection came to nothing by, nil when it came to be.
func (l *link) why() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last
}

// noting is a connection of the link. That a daemon refuses the client's
// certificate is told by the first read (RFC 8446, section 4.4.2.4), and so is TLS
// that it expects: as an alert, by nothing at all, or by a reset, which whoever
// writes may be the first to see.
type noting struct {
	net.Conn
	link *link
	read atomic.Bool // something came
}

const alertRecord = 21 // RFC 8446, section 5.1; no HTTP/2 frame of a server begins so

func (n *noting) Read(p []byte) (int, error) {
	c, err := n.Conn.Read(p)
	if !n.read.Load() {
		if n.link.tls == nil && c > 1 && p[0] == alertRecord && p[1] == 3 {
			n.link.note(errHungUp)
		} else {
			n.heard(err) // nil: it speaks
		}
	}
	if c > 0 {
		n.read.Store(true)
	}
	return c, err
}

func (n *noting) Write(p []byte) (int, error) {
	c, err := n.Conn.Write(p)
	if err != nil && !n.read.Load() {
		n.heard(err)
	}
	return c, err
}

// heard notes how the daemon took to the connection, and nothing of what is this
// side's own doing.
func (n *noting) heard(err error) {
	switch {
	case n.link.tls == nil && hungUp(err):
		n.link.note(errHungUp)
	case !errors.Is(err, net.ErrClosed) && !errors.Is(err, os.ErrDeadlineExceeded):
		n.link.note(err)
	}
}

func hungUp(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}
