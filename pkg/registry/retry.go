package registry

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"syscall"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/retort-ci/retort/pkg/progress"
)

// backoff waits a quarter of a second, then a half, then one, each up to half
// as long again: three seconds at most, since the library's sleep cannot be
// interrupted.
func backoff() remote.Backoff {
	return remote.Backoff{Duration: 250 * time.Millisecond, Factor: 2, Jitter: 0.5, Steps: 4}
}

// transientCodes are the answers after which the same request may succeed.
func transientCodes() []int {
	return []int{
		http.StatusRequestTimeout,
		http.StatusTooManyRequests,
		http.StatusInternalServerError,
		http.StatusBadGateway,
		http.StatusServiceUnavailable,
		http.StatusGatewayTimeout,
	}
}

// retry is asked after every try, also after one that succeeded.
func (c *Client) retry(err error) bool {
	if !transient(err) {
		return false
	}
	c.sink.Emit(progress.Event{
		Kind: progress.Warning, Stage: c.stage, Subject: c.subject,
		Text: "a request to the registry failed for now: " + err.Error(), Err: err,
	})
	return true
}

// transient says whether trying again makes sense.
func transient(err error) bool {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	if answer, ok := errors.AsType[*transport.Error](err); ok {
		// The second is for registries that say BLOB_UPLOAD_INVALID when they
		// have forgotten an upload: it is begun again.
		return slices.Contains(transientCodes(), answer.StatusCode) || answer.Temporary()
	}
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		return true
	}
	for _, cut := range []error{io.EOF, io.ErrUnexpectedEOF, syscall.ECONNRESET, syscall.EPIPE, net.ErrClosed} {
		if errors.Is(err, cut) {
			return true
		}
	}
	return false
}
