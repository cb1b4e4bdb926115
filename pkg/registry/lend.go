package registry

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
)

// lend makes the call with the next n bytes of r as its body, and waits until
// the transport has given the reader back: it may read on after its answer.
func (u *upload) lend(ctx context.Context, k call, r *checked, n int64) (*http.Response, error) {
	k.size, k.large, k.once = n, n != 0, n != 0
	k.header.Set("Content-Type", "application/octet-stream")
	if n > 0 && (u.offset > 0 || u.broken) {
		k.header.Set("Content-Range", fmt.Sprintf("%d-%d", u.offset, u.offset+n-1))
	}
	var body *lent
	if n != 0 {
		k.body = func() io.ReadCloser {
			body = &lent{Reader: r, task: u.task, back: make(chan struct{})}
			if n > 0 {
				body.Reader = io.LimitReader(r, n)
			}
			return body
		}
	}
	resp, err := u.do(ctx, k)
	if body != nil {
		<-body.back
		if u.sent >= 0 {
			u.sent = max(u.sent, r.read)
		}
		if err != nil && body.failure != nil {
			err = body.failure // the cause, of which the transport tells the effect
		}
	}
	if err != nil {
		return nil, err
	}
	_ = resp.Body.Close()
	return resp, nil
}

// lent is a body that tells what is read of it, and when the transport is done
// with it: it was closed, and nothing is being read. HTTP/2 closes a body while
// it may still be read.
type lent struct {
	io.Reader
	task    *task
	failure error
	back    chan struct{}

	mu              sync.Mutex
	reading, closed bool
}

func (l *lent) Read(p []byte) (int, error) {
	if !l.enter() {
		return 0, http.ErrBodyReadAfterClose
	}
	defer l.leave()
	n, err := l.Reader.Read(p)
	l.task.moved(n)
	if err != nil && err != io.EOF {
		l.failure = err
	}
	return n, err
}

func (l *lent) enter() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.reading = !l.closed
	return l.reading
}

func (l *lent) leave() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.reading = false; l.closed {
		close(l.back)
	}
}

// Close is called by the transport, whatever became of the request. It does not
// wait for what is being read, which it may be there to end.
func (l *lent) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed && !l.reading {
		close(l.back)
	}
	l.closed = true
	return nil
}
