package registry

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// answer makes the error of an answer that was not wanted, with the time after
// which the registry wants to be asked again.
func answer(resp *http.Response) error {
	defer func() { _ = resp.Body.Close() }()
	err := transport.CheckError(resp)
	if after, ok := retryAfter(resp.Header.Get("Retry-After"), time.Now()); ok {
		return &laterError{error: err, after: after}
	}
	return err
}

// laterError is a refusal that says for how long it stands.
type laterError struct {
	error
	after time.Duration
}

func (e *laterError) Unwrap() error { return e.error }

// retryAfter reads the header (RFC 9110, 10.2.3): seconds, or a date.
func retryAfter(header string, now time.Time) (time.Duration, bool) {
	if seconds, err := strconv.ParseUint(header, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second, true
	}
	if at, err := http.ParseTime(header); err == nil {
		return max(at.Sub(now), 0), true
	}
	return 0, false
}

// status is the code of the registry's answer in err, 0 when there is none.
func status(err error) int {
	if answer, ok := errors.AsType[*transport.Error](err); ok {
		return answer.StatusCode
	}
	return 0
}

// coded says whether the registry gave one of the codes as a reason.
func coded(err error, codes ...transport.ErrorCode) bool {
	answer, ok := errors.AsType[*transport.Error](err)
	return ok && slices.ContainsFunc(answer.Errors, func(d transport.Diagnostic) bool {
		return slices.Contains(codes, d.Code)
	})
}

// transient says whether the same request may succeed later. A registry that
// has answered before and refuses connections now is being restarted; one that
// never did is not there.
func transient(err error, answered bool) bool {
	if err == nil || ours(err) || distrusted(err) || errors.Is(err, http.ErrSchemeMismatch) {
		return false
	}
	if code := status(err); code != 0 {
		return later(code)
	}
	if cutOff(err) {
		return true
	}
	// What is left of the network's failures: refused connections, a name that
	// is not found for once, HTTP/2's own kinds, which have no exported types.
	_, network := errors.AsType[*url.Error](err)
	return network && answered
}

// Away says whether err is what a registry failed with that gave no answer of
// use for as long as it was tried: who asks it something else waits as long
// again. One that has not what was asked for, or refuses it, is there.
func Away(err error) bool {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, ErrNotFound) {
		return false
	}
	if code := status(err); code != 0 {
		return later(code)
	}
	_, network := errors.AsType[*url.Error](err)
	return network || cutOff(err)
}

// later says whether another answer than that of the code may come some time.
func later(code int) bool {
	switch code {
	case http.StatusNotImplemented:
		return false
	case http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusTooEarly:
		return true
	}
	return code >= http.StatusInternalServerError
}

// cutOff is true for connections that were given up, or came to an end.
func cutOff(err error) bool {
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		return true
	}
	for _, cut := range []error{io.EOF, io.ErrUnexpectedEOF, syscall.ECONNRESET, syscall.EPIPE, syscall.ECONNABORTED, net.ErrClosed} {
		if errors.Is(err, cut) {
			return true
		}
	}
	return false
}

// distrusted is true for failures that stand until somebody changes something.
func distrusted(err error) bool {
	_, plain := errors.AsType[*plainHTTPError](err)
	_, certificate := errors.AsType[*tls.CertificateVerificationError](err)
	return plain || certificate
}
