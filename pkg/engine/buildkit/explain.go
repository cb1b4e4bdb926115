package buildkit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	gatewaypb "github.com/moby/buildkit/frontend/gateway/pb"
	"github.com/moby/buildkit/solver/errdefs"
	"github.com/moby/buildkit/util/bklog"
	"github.com/moby/buildkit/util/grpcerrors"
	"github.com/sirupsen/logrus"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
)

// explain says on which side a failed build lies: the Dockerfile, a registry,
// the daemon's connection, or the caller's own cancellation. A fault that was
// found on the way, by a BaseResolver for one, keeps its side.
func explain(ctx context.Context, err error, front *frontend, w *watch) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	cause := front.cause(err)
	if errors.Is(err, engine.ErrUnavailable) || grpcerrors.Code(err) == codes.Unavailable || grpcerrors.Code(cause) == codes.Unavailable {
		return lost(err)
	}
	err = cause
	failed := w.failure()
	at := front.placeOfError(err, failed)
	be := &engine.BuildError{
		File: dockerfileName(front.spec), Line: at.line, Source: at.text,
		ExitCode: exitCode(err, failed), Err: rootCause(err),
	}
	if failed != nil {
		be.Log = slices.Clone(failed.tail)
	}
	f := &fault.Fault{Side: fault.Usage, Detail: be.Log, Err: be}
	if be.ExitCode == 0 && grpcerrors.Code(err) == codes.ResourceExhausted {
		f.Side, f.Hint = fault.Infrastructure, "the engine's disk is full: make room on it"
	}
	if inner, ok := errors.AsType[*fault.Fault](be); ok {
		f.Side, f.Hint = inner.Side, inner.Hint
	}
	return f
}

// lost is the error of a daemon that went away.
func lost(err error) error {
	return fault.Wrap(fault.Infrastructure, fmt.Errorf("build: %w: %w", engine.ErrUnavailable, err),
		"the connection to the engine's BuildKit was lost; run the same command again")
}

// dockerfileName is the file as the user knows it.
func dockerfileName(spec engine.BuildSpec) string {
	if spec.Inline != "" {
		return "dockerfile_inline"
	}
	return DockerfilePath(spec)
}

// exitCode is of the RUN that failed, 0 when it was something else. Engine
// 20.10 sends no typed errors: there the end of its message is all there is.
func exitCode(err error, failed *vertex) int {
	if exit, ok := errors.AsType[*gatewaypb.ExitError](err); ok {
		return int(exit.ExitCode)
	}
	if failed == nil {
		return 0
	}
	const before = "exit code: "
	i := strings.LastIndex(failed.message, before)
	if i < 0 {
		return 0
	}
	code, err := strconv.Atoi(failed.message[i+len(before):])
	if err != nil {
		return 0
	}
	return code
}

// rootCause drops the frames that name BuildKit's layers ("failed to solve:
// rpc error: …"), which say nothing to a Dockerfile's author.
func rootCause(err error) error {
	for {
		se, ok := errors.AsType[*errdefs.SourceError](err)
		if !ok {
			break
		}
		err = se.Unwrap()
	}
	if _, ok := errors.AsType[*fault.Fault](err); ok {
		return err
	}
	if answer, ok := errors.AsType[interface {
		error
		GRPCStatus() *status.Status
	}](err); ok {
		return answer
	}
	return err
}

// quiet gives BuildKit's client a logger of its own that discards: its logging
// goes to standard error otherwise, between retort's own lines.
func quiet(ctx context.Context) context.Context {
	l := logrus.New()
	l.SetOutput(io.Discard)
	return bklog.WithLogger(ctx, logrus.NewEntry(l))
}
