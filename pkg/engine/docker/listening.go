package docker

import (
	"context"
	"errors"
	"fmt"

	"github.com/docker/docker/api/types/container"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/internal/sockets"
)

// errNoAnswer: this way of asking does not tell whether a port is listened on.
var errNoAnswer = errors.New("no way to tell who listens")

// way is a way to learn who listens in a container.
type way int32

const (
	byDial  way = iota + 1 // connects to the container's own address
	byTable                // reads the kernel's table of sockets, by a command in the container
)

// Listening asks by the way that gave an answer before, and the first time by
// every one that may.
func (c *running) Listening(ctx context.Context, ports []string) (engine.Health, error) {
	wanted, err := sockets.TCPPorts(ports)
	if err != nil {
		return engine.Health{}, err
	}
	in, err := c.inspect(ctx)
	h := stateOf(in)
	if err != nil || !h.Running {
		return h, err
	}
	if len(wanted) == 0 {
		h.Healthy = true
		return h, nil
	}
	var why error
	for _, w := range c.ways(in) {
		silent, err := c.silent(ctx, w, in, wanted)
		switch {
		case errors.Is(err, errNoAnswer):
			why = err
			continue
		case err != nil:
			return h, err
		}
		c.asked.Store(int32(w))
		h.Healthy, h.Output = len(silent) == 0, sockets.Silence(silent)
		return h, nil
	}
	return c.untold(ctx, why)
}

// ways are the ways that may give an answer, the one to trust most first. Where
// the container's address may mean something else here than at the daemon, a
// connection is only the last resort.
func (c *running) ways(in container.InspectResponse) []way {
	if w := way(c.asked.Load()); w != 0 {
		return []way{w}
	}
	mode := in.HostConfig.NetworkMode
	near := nearness(c.engine.address)
	switch {
	case mode.IsNone() || near == far:
		return []way{byTable}
	case mode.IsHost() || near == tunnel:
		return []way{byTable, byDial}
	}
	return []way{byDial, byTable}
}

// silent gives those of the ports that nobody listens on.
func (c *running) silent(ctx context.Context, w way, in container.InspectResponse, ports []uint16) ([]uint16, error) {
	if w == byTable {
		return c.silentByTable(ctx, in, ports)
	}
	return c.silentByDial(ctx, in, ports)
}

// untold is what remains when no way gave an answer: the container has ended
// meanwhile, or is too busy for once, or cannot be asked at all.
func (c *running) untold(ctx context.Context, why error) (engine.Health, error) {
	h, err := c.state(ctx)
	if err != nil || !h.Running {
		return h, err
	}
	if c.asked.Load() != 0 {
		h.Output = why.Error()
		return h, nil
	}
	return h, fault.Wrap(fault.Usage, fmt.Errorf("docker: ports of container %.12s: %w: %w", c.id, engine.ErrUnsupported, why),
		"give the service a healthcheck")
}
