package docker

import (
	"context"
	"fmt"
	"strings"

	"github.com/docker/docker/api/types/container"

	"github.com/retort-ci/retort/pkg/internal/sockets"
)

// tableLimit is how much of the socket table is read: some 7,000 sockets.
const tableLimit = 1 << 20

// silentByTable reads the kernel's own list in the container. A listener on the
// loopback device does not count, since no other container can reach it, unless
// they all share that of the host.
func (c *running) silentByTable(ctx context.Context, in container.InspectResponse, ports []uint16) ([]uint16, error) {
	out := &beginning{limit: tableLimit}
	complaint := &beginning{limit: probeOutput}
	// cat fails where the kernel has no IPv6; the first table counts all the same.
	_, err := c.exec(ctx, []string{"cat", "/proc/net/tcp", "/proc/net/tcp6"}, out, complaint)
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNoAnswer, err)
	}
	table, ok := sockets.Listeners(string(out.kept))
	if !ok {
		return nil, fmt.Errorf("%w: cat /proc/net/tcp: %s", errNoAnswer, strings.TrimSpace(string(complaint.kept)+string(out.kept)))
	}
	return sockets.Silent(table, ports, in.HostConfig.NetworkMode.IsHost()), nil
}
