//go:build linux

package containers

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/internal/sockets"
)

// Listening reads the kernel's table of the container's sockets, which can be
// seen from here: nothing is connected to, and nothing is executed.
func (c *running) Listening(ctx context.Context, ports []string) (engine.Health, error) {
	wanted, err := sockets.TCPPorts(ports)
	if err != nil {
		return engine.Health{}, err
	}
	h, err := c.state(ctx)
	if err != nil || !h.Running {
		return h, err
	}
	table, failed := c.socketTable()
	if h, err = c.state(ctx); err != nil || !h.Running {
		return h, err
	}
	listeners, ok := sockets.Listeners(table)
	if failed != nil || !ok && len(wanted) > 0 {
		return h, fmt.Errorf("sockets of container %s: %w", c.record.Name, errors.Join(engine.ErrUnsupported, failed))
	}
	silent := sockets.Silent(listeners, wanted, c.spec.Network == hostNetwork)
	h.Healthy, h.Output = len(silent) == 0, sockets.Silence(silent)
	return h, nil
}

// socketTable is that of both families, where the kernel has both.
func (c *running) socketTable() (string, error) {
	var all strings.Builder
	for _, family := range []string{"tcp", "tcp6"} {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/net/%s", c.pid, family))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
		_, _ = all.Write(text)
	}
	return all.String(), nil
}
