package docker

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/network"

	"github.com/retort-ci/retort/pkg/engine"
)

// errNoSubnet: the daemon has no addresses for one more network, and takes none
// of ours.
var errNoSubnet = errors.New("no free addresses for a network")

// Networks beyond those that the daemon has addresses for are cut out of
// 198.18.0.0/15. It is kept for tests of network devices and routed nowhere
// (RFC 2544, RFC 6890), so nothing that a container wants to reach is there.
const (
	ownRange      = "198.18.0.0/15"
	ownBits       = 27 // 29 containers and a gateway: a range of 4096 networks
	subnetTries   = 16
	addressLength = 32
)

// createSomewhere takes addresses out of the daemon's pools, which are used up
// after about 30 networks, and then out of retort's own range.
//
// Which refusal means an empty pool is the daemon's secret: Engine 20.10 answers
// "not found", younger ones "invalid". So a second request follows upon all but
// a conflict, which is about the name; what is wrong beside the addresses is
// refused then as well.
func (e *Engine) createSomewhere(ctx context.Context, spec engine.NetworkSpec) (string, error) {
	id, first := e.createIn(ctx, spec, nil)
	if first == nil || !answered(first) || errdefs.IsConflict(first) {
		return id, first
	}
	for range subnetTries {
		id, err := e.createIn(ctx, spec, &network.IPAM{Config: []network.IPAMConfig{{Subnet: ownSubnet().String()}}})
		if !errdefs.IsPermissionDenied(err) { // forbidden is what overlaps with another network
			return id, err
		}
	}
	return "", fmt.Errorf("%w: %w", errNoSubnet, first)
}

// ownSubnet is picked at random: daemons, and runs that do not know of each
// other, may all be at it.
func ownSubnet() netip.Prefix {
	all := netip.MustParsePrefix(ownRange)
	base := all.Addr().As4()
	n := binary.BigEndian.Uint32(base[:]) + rand.Uint32N(1<<(ownBits-all.Bits()))<<(addressLength-ownBits)
	binary.BigEndian.PutUint32(base[:], n)
	return netip.PrefixFrom(netip.AddrFrom4(base), ownBits)
}
