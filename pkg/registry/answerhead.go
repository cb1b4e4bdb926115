package registry

import (
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
)

// headTries is how often what has never answered is asked again after an answer
// that began and could not be read. If the connection was cut in the answer's head,
// another may be whole. If it is no registry that listens there, none ever will.
const headTries = 2

// headGuard marks the failures of answers that had begun. Of a head that is cut,
// net/http says that the half line is malformed, and not why it is half.
type headGuard struct{ next http.RoundTripper }

func (g headGuard) RoundTrip(req *http.Request) (*http.Response, error) {
	var begun atomic.Bool
	trace := &httptrace.ClientTrace{
		GotConn:              func(httptrace.GotConnInfo) { begun.Store(false) }, // another one, too, after one that was idle for too long
		GotFirstResponseByte: func() { begun.Store(true) },
	}
	resp, err := g.next.RoundTrip(req.WithContext(httptrace.WithClientTrace(req.Context(), trace)))
	if err != nil && begun.Load() {
		return nil, &headError{err}
	}
	return resp, err
}

// headError is an answer that could not be read to the end of its head.
type headError struct{ error }

func (e *headError) Unwrap() error { return e.error }

// Timeout is the wrapped error's: who asks for it looks no deeper.
func (e *headError) Timeout() bool {
	late, ok := errors.AsType[net.Error](e.error)
	return ok && late.Timeout()
}

func headless(err error) bool {
	_, half := errors.AsType[*headError](err)
	return half
}
