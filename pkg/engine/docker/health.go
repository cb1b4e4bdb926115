package docker

import (
	"context"
	"strings"

	"github.com/docker/docker/api/types/container"

	"github.com/retort-ci/retort/pkg/engine"
)

// probeOutput is how much of a probe's output is kept, as Docker keeps it.
const probeOutput = 4096

// Health looks at the container and, while it runs, executes the probe in it.
func (c *running) Health(ctx context.Context, probe []string) (engine.Health, error) {
	h, err := c.state(ctx)
	if err != nil || !h.Running || len(probe) == 0 {
		return h, err
	}
	return c.probe(ctx, probe, h)
}

func (c *running) state(ctx context.Context) (engine.Health, error) {
	in, err := c.inspect(ctx)
	return stateOf(in), err
}

func (c *running) inspect(ctx context.Context) (container.InspectResponse, error) {
	in, err := c.engine.api.ContainerInspect(ctx, c.id)
	return in, c.engine.explain(ctx, "inspect container", err)
}

// stateOf reads the daemon's answer. It notes a lack of memory also for a
// process that the container outlives.
func stateOf(in container.InspectResponse) engine.Health {
	if in.ContainerJSONBase == nil || in.State == nil {
		return engine.Health{}
	}
	s := in.State
	return engine.Health{Running: s.Running, ExitCode: s.ExitCode, OOM: s.OOMKilled && !s.Running}
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
	out := &beginning{limit: probeOutput}
	code, err := c.exec(ctx, probe, out, out)
	if err != nil {
		return c.unprobed(ctx, err)
	}
	h.Healthy, h.Output = code == 0, strings.TrimSpace(string(out.kept))
	return h, nil
}
