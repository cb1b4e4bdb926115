package buildkit

import (
	"context"
	"slices"

	"github.com/containerd/platforms"
	"github.com/moby/buildkit/util/grpcerrors"
	"github.com/moby/buildkit/worker/label"
	"google.golang.org/grpc/codes"
)

// Daemon is what a BuildKit daemon says of itself.
type Daemon struct {
	Version   string   // "v0.34.2", empty before BuildKit 0.11
	Hosts     []string // host names of its workers
	Platforms []string // that its first worker builds for, its own one first
}

// Daemon asks the daemon what it is, which tells whether it answers at all.
func (c *Client) Daemon(ctx context.Context) (Daemon, error) {
	ctx = quiet(ctx)
	conn, err := c.connect(ctx)
	if err != nil {
		return Daemon{}, err
	}
	var d Daemon
	info, err := conn.Info(ctx)
	switch {
	case err == nil:
		d.Version = info.BuildkitVersion.Version
	case grpcerrors.Code(err) != codes.Unimplemented:
		return d, err
	}
	workers, err := conn.ListWorkers(ctx)
	for i, w := range workers {
		if host := w.Labels[label.Hostname]; host != "" && !slices.Contains(d.Hosts, host) {
			d.Hosts = append(d.Hosts, host)
		}
		for _, p := range w.Platforms {
			if i == 0 {
				d.Platforms = append(d.Platforms, platforms.FormatAll(p))
			}
		}
	}
	return d, err
}
