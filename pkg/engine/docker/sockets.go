package docker

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/docker/docker/api/types/container"
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
	sockets, ok := listeners(string(out.kept))
	if !ok {
		return nil, fmt.Errorf("%w: cat /proc/net/tcp: %s", errNoAnswer, strings.TrimSpace(string(complaint.kept)+string(out.kept)))
	}
	shared := in.HostConfig.NetworkMode.IsHost()
	return slices.DeleteFunc(slices.Clone(ports), func(port uint16) bool {
		return slices.ContainsFunc(sockets, func(s netip.AddrPort) bool {
			return s.Port() == port && (shared || !s.Addr().IsLoopback())
		})
	}), nil
}

// listeners gives the local addresses of the sockets in state LISTEN of one or
// more tables like /proc/net/tcp and /proc/net/tcp6 (proc_net_tcp.rst of the
// kernel); false when the text holds no such table.
func listeners(text string) ([]netip.AddrPort, bool) {
	const header, listen = "local_address", "0A"
	var all []netip.AddrPort
	isTable := false
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) < 4 {
			continue
		}
		if fields[1] == header {
			isTable = true
			continue
		}
		if at, ok := socketAddress(fields[1]); ok && fields[3] == listen {
			all = append(all, at)
		}
	}
	return all, isTable
}

// socketAddress reads "0100007F:1F90". The kernel prints an address as machine
// words, which turns its bytes round on all but a few machines.
func socketAddress(field string) (netip.AddrPort, bool) {
	host, port, _ := strings.Cut(field, ":")
	raw, err := hex.DecodeString(host)
	if err != nil {
		return netip.AddrPort{}, false
	}
	for word := range slices.Chunk(raw, 4) {
		if len(word) == 4 {
			binary.BigEndian.PutUint32(word, binary.LittleEndian.Uint32(word))
		}
	}
	addr, ok := netip.AddrFromSlice(raw)
	n, err := strconv.ParseUint(port, 16, 16)
	if !ok || err != nil {
		return netip.AddrPort{}, false
	}
	return netip.AddrPortFrom(addr.Unmap(), uint16(n)), true
}
