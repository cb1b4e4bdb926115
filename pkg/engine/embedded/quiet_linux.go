package embedded

import (
	"context"
	"io"

	"github.com/moby/buildkit/util/bklog"
	"github.com/sirupsen/logrus"
	"google.golang.org/grpc"
)

// quiet gives BuildKit's and containerd's parts a logger that discards: what
// matters of their work comes back as errors and progress, and standard error is
// the program's.
func quiet(ctx context.Context) context.Context {
	l := logrus.New()
	l.SetOutput(io.Discard)
	return bklog.WithLogger(ctx, logrus.NewEntry(l))
}

func quietUnary(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	return handler(quiet(ctx), req)
}

func quietStream(srv any, ss grpc.ServerStream, _ *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
	return handler(srv, quietServerStream{ss})
}

type quietServerStream struct{ grpc.ServerStream }

// Context is the stream's, with the logger.
func (s quietServerStream) Context() context.Context { return quiet(s.ServerStream.Context()) }
