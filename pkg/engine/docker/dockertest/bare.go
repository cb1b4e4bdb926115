package dockertest

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/docker/docker/api/types"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/pkg/stdcopy"
)

// RunBare runs a container to its exit code by the five calls without which
// there is no exit code and no output: what retort does is measured against it.
func (e *Engine) RunBare(ctx context.Context, image string, cmd []string, labels map[string]string) (code int, err error) {
	id, err := e.createBare(ctx, image, cmd, labels)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, e.removeContainer(context.WithoutCancel(ctx), id)) }()
	return e.finishBare(ctx, id)
}

// startBare attaches first, so that no output is lost.
func (e *Engine) startBare(ctx context.Context, id string) (types.HijackedResponse, error) {
	streams, err := e.api.ContainerAttach(ctx, id, container.AttachOptions{Stream: true, Stdout: true, Stderr: true})
	if err != nil {
		return streams, err
	}
	if err := e.api.ContainerStart(ctx, id, container.StartOptions{}); err != nil {
		streams.Close()
		return streams, err
	}
	return streams, nil
}

// finishBare starts a container and waits for the end of its output and its own.
func (e *Engine) finishBare(ctx context.Context, id string) (int, error) {
	streams, err := e.startBare(ctx, id)
	if err != nil {
		return 0, err
	}
	defer streams.Close()
	if _, err := stdcopy.StdCopy(io.Discard, io.Discard, streams.Reader); err != nil {
		return 0, err
	}
	results, errs := e.api.ContainerWait(ctx, id, container.WaitConditionNotRunning)
	select {
	case r := <-results:
		return int(r.StatusCode), nil
	case err := <-errs:
		return 0, err
	}
}

func (e *Engine) createBare(ctx context.Context, image string, cmd []string, labels map[string]string) (string, error) {
	created, err := e.api.ContainerCreate(ctx, &container.Config{
		Image: image, Cmd: cmd, Labels: labels, AttachStdout: true, AttachStderr: true,
	}, nil, nil, nil, "")
	return created.ID, err
}

// ReadBare gives what the archive API has at a path of the image, in the way of
// container-structure-test's docker driver: it looks at the image's environment,
// for the sake of variables in the path, and makes a container for this one file,
// which it never starts.
func (e *Engine) ReadBare(ctx context.Context, image, path string, labels map[string]string) (tar []byte, err error) {
	if _, err := e.api.ImageInspect(ctx, image); err != nil {
		return nil, err
	}
	// The command is a placeholder, for an image that has none.
	id, err := e.createBare(ctx, image, []string{"NOOP_COMMAND_DO_NOT_RUN"}, labels)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, e.removeContainer(context.WithoutCancel(ctx), id)) }()
	stream, _, err := e.api.CopyFromContainer(ctx, id, path)
	if err != nil {
		return nil, fmt.Errorf("copy %s: %w", path, err)
	}
	defer func() { _ = stream.Close() }()
	return io.ReadAll(stream)
}
