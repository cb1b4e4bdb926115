package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

const (
	// silence is how long a connection may be without a byte in either direction,
	// and how long a registry may think about a question.
	silence = time.Minute
	// thinking is how long it may think where a whole blob may have to move behind
	// it: those that keep blobs elsewhere read one when it is committed, and those
	// that pass on another registry's fetch it first. Proxies before registries are
	// set to as much.
	thinking = 15 * time.Minute
)

// stallGuard gives up on a request over whose connection nothing moves: a
// network that lost it says nothing, and it would hang for ever. What moves
// slowly may take as long as it likes.
type stallGuard struct {
	next              http.RoundTripper
	silence, thinking time.Duration
}

func (g stallGuard) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(req.Context())
	w := &watch{cancel: cancel, cause: func() error { return context.Cause(ctx) }}
	answer := g.silence
	if movesBlob(req) {
		answer = g.thinking
	}
	req = req.WithContext(ctx)
	if req.Body != nil && req.Body != http.NoBody {
		req.Body = &sentBody{ReadCloser: req.Body, watch: w, silence: g.silence, answer: answer}
	}
	w.expect(answer)
	resp, err := g.next.RoundTrip(req)
	w.pause()
	if err != nil {
		err = w.explain(err)
		w.end()
		return nil, err
	}
	resp.Body = &receivedBody{ReadCloser: resp.Body, watch: w, silence: g.silence}
	return resp, nil
}

// movesBlob is true of a request that the registry may not be able to answer
// before a whole blob has moved.
func movesBlob(req *http.Request) bool {
	switch req.Method {
	case http.MethodHead:
		return false
	case http.MethodGet:
		return strings.Contains(req.URL.Path, "/blobs/sha")
	case http.MethodPost: // without a body it only begins
		return req.Body != nil && req.Body != http.NoBody
	}
	return true
}

// watch ends a request when what is expected does not come.
type watch struct {
	cancel context.CancelCauseFunc
	cause  func() error // why the request has ended

	mu    sync.Mutex
	timer *time.Timer
	ended bool
}

// expect begins to wait, instead of what was waited for before.
func (w *watch) expect(limit time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.timer != nil {
		w.timer.Stop()
	}
	if !w.ended {
		w.timer = time.AfterFunc(limit, func() { w.cancel(&stallError{limit}) })
	}
}

// pause waits for nothing: the time is not the connection's.
func (w *watch) pause() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.timer != nil {
		w.timer.Stop()
	}
}

// end gives back what the watch holds. A transport may read on after its answer.
func (w *watch) end() {
	w.pause()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = true
	w.cancel(nil)
}

// explain tells the stall where that is what ended the request.
func (w *watch) explain(err error) error {
	if stalled, ok := errors.AsType[*stallError](w.cause()); ok {
		return stalled
	}
	return err
}

// sentBody is the body of a request. It is read when what was read of it before
// is on its way, and may itself wait for whoever makes it.
type sentBody struct {
	io.ReadCloser
	watch           *watch
	silence, answer time.Duration
}

func (b *sentBody) Read(p []byte) (int, error) {
	b.watch.pause()
	n, err := b.ReadCloser.Read(p)
	if err != nil {
		b.watch.expect(b.answer)
	} else {
		b.watch.expect(b.silence)
	}
	return n, err
}

// receivedBody is the body of an answer. Nobody waits for it between two reads.
type receivedBody struct {
	io.ReadCloser
	watch   *watch
	silence time.Duration
}

func (b *receivedBody) Read(p []byte) (int, error) {
	b.watch.expect(b.silence)
	n, err := b.ReadCloser.Read(p)
	b.watch.pause()
	if err != nil && err != io.EOF { //nolint:errorlint // io.Reader gives it bare
		err = b.watch.explain(err)
	}
	return n, err
}

func (b *receivedBody) Close() error {
	defer b.watch.end()
	return b.ReadCloser.Close()
}

// stallError is a connection over which nothing came, or went, for too long.
type stallError struct{ limit time.Duration }

func (e *stallError) Error() string { return fmt.Sprintf("the connection was silent for %s", e.limit) }

// Timeout makes it one of the failures that pass, see transient.
func (e *stallError) Timeout() bool { return true }

// Temporary is what net.Error asks for besides.
func (e *stallError) Temporary() bool { return true }
