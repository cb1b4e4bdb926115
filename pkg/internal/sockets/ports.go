package sockets

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/retort-ci/retort/pkg/fault"
)

// TCPPorts reads "8080/tcp" and "8080"; what is not TCP is left out, since
// nothing answers there. A port that is no number is a usage fault.
func TCPPorts(ports []string) ([]uint16, error) {
	var all []uint16
	for _, p := range ports {
		number, protocol, named := strings.Cut(p, "/")
		if named && protocol != "tcp" {
			continue
		}
		n, err := strconv.ParseUint(number, 10, 16)
		if err != nil {
			return nil, fault.Wrap(fault.Usage, fmt.Errorf("port %q: %w", p, err), `write it as "8080/tcp"`)
		}
		all = append(all, uint16(n))
	}
	return all, nil
}

// Silent gives those of the ports that nobody listens on. A listener on the
// loopback device does not count, since no other container can reach it, unless
// they all share that device.
func Silent(listeners []netip.AddrPort, ports []uint16, shared bool) []uint16 {
	return slices.DeleteFunc(slices.Clone(ports), func(port uint16) bool {
		return slices.ContainsFunc(listeners, func(s netip.AddrPort) bool {
			return s.Port() == port && (shared || !s.Addr().IsLoopback())
		})
	})
}

// Silence names the ports for people; it is empty when there are none.
func Silence(ports []uint16) string {
	if len(ports) == 0 {
		return ""
	}
	var names []string
	for _, p := range ports {
		names = append(names, fmt.Sprintf("%d/tcp", p))
	}
	return "nothing listens on " + strings.Join(names, ", ")
}
