package docker

import (
	"context"
	"strings"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/pkg/stdcopy"

	"github.com/retort-ci/retort/pkg/engine"
)

// probeOutput is how much of a probe's output is kept, as Docker keeps it.
const probeOutput = 4096

// probePause lies between two looks at a probe that should have ended.
const probePause = 20 * time.Millisecond

// Health looks at the container and, while it runs, executes the probe in it.
func (c *running) Health(ctx context.Context, probe []string) (engine.Health, error) {
	h, err := c.state(ctx)
	if err != nil || !h.Running || len(probe) == 0 {
		return h, err
	}
	return c.probe(ctx, probe, h)
}

func (c *running) state(ctx context.Context) (engine.Health, error) {
	in, err := c.engine.api.ContainerInspect(ctx, c.id)
	if err != nil {
		return engine.Health{}, c.engine.explain(ctx, "inspect container", err)
	}
	return engine.Health{Running: in.State.Running, ExitCode: in.State.ExitCode}, nil
}

// unprobed is the state of a container in which no probe could be executed: it
// is about to end, or has ended since it was looked at. A daemon that is away
// is found out by asking again.
func (c *running) unprobed(ctx context.Context, why error) (engine.Health, error) {
	h, err := c.state(ctx)
	h.Output = why.Error()
	return h, err
}

func (c *running) probe(ctx context.Context, probe []string, h engine.Health) (engine.Health, error) {
	api := c.engine.api
	exec, err := api.ContainerExecCreate(ctx, c.id, container.ExecOptions{Cmd: probe, AttachStdout: true, AttachStderr: true})
	if err != nil {
		return c.unprobed(ctx, err)
	}
	streams, err := api.ContainerExecAttach(ctx, exec.ID, container.ExecAttachOptions{})
	if err != nil {
		return c.unprobed(ctx, err)
	}
	defer streams.Close()
	// The read below ends with the probe; when ctx ends first, closing the
	// connection ends it.
	defer context.AfterFunc(ctx, streams.Close)()
	var out beginning
	_, _ = stdcopy.StdCopy(&out, &out, streams.Reader)
	h.Output = strings.TrimSpace(string(out))
	code, err := c.probeResult(ctx, exec.ID)
	if err != nil {
		return c.unprobed(ctx, err)
	}
	h.Healthy = code == 0
	return h, nil
}

// probeResult is the probe's exit code. Its output ends a moment before the
// daemon knows that it has ended.
func (c *running) probeResult(ctx context.Context, exec string) (int, error) {
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
		case <-time.After(probePause):
		}
	}
}

// beginning keeps the first bytes written to it.
type beginning []byte

func (b *beginning) Write(p []byte) (int, error) {
	*b = append(*b, p[:min(len(p), probeOutput-len(*b))]...)
	return len(p), nil
}
