package sockets

import (
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// Listeners gives the local addresses of the sockets in state LISTEN of one or
// more tables like /proc/net/tcp and /proc/net/tcp6 (proc_net_tcp.rst of the
// kernel); false when the text holds no such table.
func Listeners(text string) ([]netip.AddrPort, bool) {
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
