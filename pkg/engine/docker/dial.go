package docker

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/url"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/docker/docker/api/types/container"
)

// dialLimit is how long a container's kernel may take to answer. On the same
// machine it takes microseconds.
const dialLimit = time.Second

// near is where a daemon is, as seen from here.
type near int

const (
	here   near = iota // behind a local socket: its containers' addresses are routed, or lead nowhere
	tunnel             // at a loopback port, which may be another machine's
	far                // elsewhere: its containers' addresses may be those of others here
)

func nearness(address string) near {
	u, err := url.Parse(address)
	switch {
	case err != nil:
		return far
	case u.Scheme == "unix" || u.Scheme == "npipe":
		return here
	}
	if ip := net.ParseIP(u.Hostname()); u.Hostname() == "localhost" || ip != nil && ip.IsLoopback() {
		return tunnel
	}
	return far
}

// silentByDial takes an accepted connection for a listener and a refused one for
// none. Anything else says that the container is out of reach.
func (c *running) silentByDial(ctx context.Context, in container.InspectResponse, ports []uint16) ([]uint16, error) {
	var silent []uint16
	for _, port := range ports {
		ok, err := c.accepts(ctx, addresses(in), port)
		if err != nil {
			return nil, err
		}
		if !ok {
			silent = append(silent, port)
		}
	}
	return silent, nil
}

// addresses are the container's own, one for each of its networks.
func addresses(in container.InspectResponse) []string {
	if in.HostConfig.NetworkMode.IsHost() {
		return []string{"127.0.0.1"}
	}
	var all []string
	for _, name := range slices.Sorted(maps.Keys(in.NetworkSettings.Networks)) {
		n := in.NetworkSettings.Networks[name]
		for _, ip := range []string{n.IPAddress, n.GlobalIPv6Address} {
			if ip != "" {
				all = append(all, ip)
			}
		}
	}
	return all
}

// accepts says whether one of the addresses takes a connection.
func (c *running) accepts(ctx context.Context, addresses []string, port uint16) (bool, error) {
	why := fmt.Errorf("%w: the container has no address", errNoAnswer)
	refused := false
	for _, a := range addresses {
		limit, cancel := context.WithTimeout(ctx, dialLimit)
		conn, err := c.engine.dial(limit, "tcp", net.JoinHostPort(a, strconv.Itoa(int(port))))
		cancel()
		switch {
		case err == nil:
			return true, conn.Close()
		case ctx.Err() != nil:
			return false, context.Cause(ctx)
		case errors.Is(err, syscall.ECONNREFUSED):
			refused = true
		default:
			why = fmt.Errorf("%w: %w", errNoAnswer, err)
		}
	}
	if refused {
		return false, nil
	}
	return false, why
}
