package gatewayrun

import (
	"context"
	"fmt"
	"io"

	"github.com/moby/buildkit/util/bklog"
	"github.com/moby/buildkit/util/grpcerrors"
	"github.com/sirupsen/logrus"
	"google.golang.org/grpc/codes"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
)

// explain says on which side an error of the daemon lies.
func explain(ctx context.Context, what string, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case grpcerrors.Code(err) == codes.Unavailable:
		return fault.Wrap(fault.Infrastructure, fmt.Errorf("buildkit: %s: %w: %w", what, engine.ErrUnavailable, err),
			"the connection to the BuildKit daemon was lost; run the same command again")
	}
	return fmt.Errorf("buildkit: %s: %w", what, err)
}

// away is what a daemon that is gone leaves unknown; BuildKit's client may not tell
// why.
func away(what string, why error) error {
	err := fmt.Errorf("buildkit: %s: %w", what, engine.ErrUnavailable)
	if why != nil {
		err = fmt.Errorf("%w: %w", err, why)
	}
	return fault.Wrap(fault.Infrastructure, err, "see that the BuildKit daemon runs, then run the same command again")
}

// refuse is what a gateway container cannot do.
func refuse(hint, format string, args ...any) error {
	return fault.Wrap(fault.Usage, fmt.Errorf("%s on a BuildKit daemon: %w", fmt.Sprintf(format, args...), engine.ErrUnsupported), hint)
}

// quiet keeps BuildKit's client from logging to stderr.
func quiet(ctx context.Context) context.Context {
	l := logrus.New()
	l.SetOutput(io.Discard)
	return bklog.WithLogger(ctx, logrus.NewEntry(l))
}
