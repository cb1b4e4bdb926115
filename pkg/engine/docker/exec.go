package docker

import (
	"context"
	"io"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/pkg/stdcopy"
)

// execPause lies between two looks at a command that should have ended.
const execPause = 20 * time.Millisecond

// exec executes a command in the container and gives its exit code.
func (c *running) exec(ctx context.Context, cmd []string, stdout, stderr io.Writer) (int, error) {
	api := c.engine.api
	exec, err := api.ContainerExecCreate(ctx, c.id, container.ExecOptions{Cmd: cmd, AttachStdout: true, AttachStderr: true})
	if err != nil {
		return 0, err
	}
	streams, err := api.ContainerExecAttach(ctx, exec.ID, container.ExecAttachOptions{})
	if err != nil {
		return 0, err
	}
	defer streams.Close()
	// The read below ends with the command; when ctx ends first, closing the
	// connection ends it.
	defer context.AfterFunc(ctx, streams.Close)()
	_, _ = stdcopy.StdCopy(stdout, stderr, streams.Reader)
	return c.execResult(ctx, exec.ID)
}

// execResult is the command's exit code. Its output ends a moment before the
// daemon knows that it has ended.
func (c *running) execResult(ctx context.Context, exec string) (int, error) {
	for {
		result, err := c.engine.api.ContainerExecInspect(ctx, exec)
		if err != nil {
			return 0, err
		}
		if !result.Running {
			return result.ExitCode, nil
		}
		select {
		case <-ctx.Done():
			return 0, context.Cause(ctx)
		case <-time.After(execPause):
		}
	}
}

// beginning keeps the first bytes written to it.
type beginning struct {
	kept  []byte
	limit int
}

func (b *beginning) Write(p []byte) (int, error) {
	b.kept = append(b.kept, p[:min(len(p), b.limit-len(b.kept))]...)
	return len(p), nil
}
