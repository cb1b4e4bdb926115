package remote

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"time"

	"github.com/containerd/platforms"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/engine/buildkit"
	"github.com/retort-ci/retort/pkg/fault"
)

// answerLimit is how long the daemon may take to say what it is. Other programs
// that lead to it have to start first.
const answerLimit = 20 * time.Second

// answered is what the daemon says of itself, asked once. ErrUnavailable when it
// does not answer.
func (e *Engine) answered(ctx context.Context) (buildkit.Daemon, error) {
	e.mu.Lock()
	known := e.daemon
	e.mu.Unlock()
	if known != nil {
		return *known, nil
	}
	return e.ask(ctx)
}

func (e *Engine) ask(ctx context.Context) (buildkit.Daemon, error) {
	client, _, err := e.opened(ctx)
	if err != nil {
		return buildkit.Daemon{}, err
	}
	e.plainly.Do(func() {
		if text := plainly(e.address, e.link.tls); text != "" {
			e.warn(text)
		}
	})
	limit, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	d, err := client.Daemon(limit)
	if err != nil {
		return d, e.away(ctx, err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.daemon = &d
	return d, nil
}

// platform is that of the daemon's worker, which need not be this machine's.
func (e *Engine) platform(ctx context.Context) (platforms.MatchComparer, error) {
	d, err := e.answered(ctx)
	if err != nil || len(d.Platforms) == 0 {
		return platforms.Default(), err
	}
	own, err := platforms.Parse(d.Platforms[0])
	if err != nil {
		return nil, fmt.Errorf("platform of buildkitd at %s: %w", e.address, err)
	}
	return platforms.Only(own), nil
}

// away is the error of a daemon that does not answer.
func (e *Engine) away(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	e.link.askAgain(ctx)
	why := e.link.why()
	return fault.Wrap(fault.Infrastructure,
		fmt.Errorf("buildkitd at %s: %w: %w", e.address, engine.ErrUnavailable, cmp.Or(why, err)), e.hint(why))
}

// hint is what to type next, by what the connection came to nothing.
func (e *Engine) hint(why error) string {
	var (
		untrusted *tls.CertificateVerificationError
		noTLS     tls.RecordHeaderError
		op        *net.OpError
	)
	switch {
	case errors.As(why, &untrusted):
		return "is it the right daemon? name who has signed its certificate (BUILDKIT_TLS_CACERT), and whom it names if that is not the address's host (BUILDKIT_TLS_SERVERNAME)"
	case errors.As(why, &noTLS):
		return "the daemon does not speak TLS: start it with --tlscacert, --tlscert and --tlskey, or unset BUILDKIT_TLS_*"
	case errors.Is(why, errHungUp) && e.address.url.Scheme == "tcp":
		return "does the daemon want TLS? give the certificates: a directory with ca.pem, cert.pem and key.pem as BUILDKIT_TLS_DIR"
	case errors.As(why, &op) && op.Op == "remote error": // a TLS alert
		return "the daemon refuses this client's certificate: BUILDKIT_TLS_CERT and BUILDKIT_TLS_KEY must be of one signed by the daemon's --tlscacert"
	case errors.Is(why, fs.ErrPermission):
		return "may this user use the socket? start buildkitd with --group, or run as its owner"
	}
	return "is buildkitd running there? try: buildctl --addr " + e.address.String() + " debug workers"
}
