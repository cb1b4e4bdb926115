//go:build linux

package containers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"time"

	"github.com/vishvananda/netlink"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
)

// Every network has its containers' addresses out of this range. Networks can
// share it, since each has namespaces of its own and no way out of them. It is
// kept for tests of network devices and routed nowhere (RFC 2544, RFC 6890), so
// no address that a test speaks of is one of these.
const networkRange = "198.18.0.0/16"

const (
	bridgeName = "bridge"
	deviceName = "eth0" // of a container, as in Docker
)

// network is a bridge in a namespace of its own.
type network struct {
	runtime *Runtime
	record  Record
	id, dir string
	space   *netSpace
	bridge  int // index of the device

	// Guarded by the runtime's mutex.
	members []*member
	joined  int // containers that ever joined
}

// member is a container on a network.
type member struct {
	network *network
	space   *netSpace // the container's own
	device  string    // its end on the bridge
	address netip.Prefix
	names   []string // by which the others find it
	hosts   string   // file of the container, and
	own     string   // what it says besides the members
}

var _ engine.Network = (*network)(nil)

// CreateNetwork makes a bridge. Whether the spec says internal or not: nothing
// outside can be reached from it.
func (r *Runtime) CreateNetwork(ctx context.Context, spec engine.NetworkSpec) (engine.Network, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	id := newID()
	n := &network{
		runtime: r, id: id, dir: r.home.path("networks", id),
		record: Record{Kind: kindNetwork, Name: cmp.Or(spec.Name, id), Labels: spec.Labels, Created: time.Now()},
	}
	err := n.make()
	switch {
	case err != nil:
		n.unmake()
		return nil, fault.Wrap(fault.Infrastructure, fmt.Errorf("create network %s: %w", spec.Name, err),
			"the embedded engine needs the right to make network namespaces and devices (CAP_NET_ADMIN)")
	case ctx.Err() != nil:
		n.unmake()
		return nil, context.Cause(ctx)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.networks[id] = n
	return n, nil
}

func (n *network) make() error {
	if err := n.record.write(n.dir); err != nil {
		return err
	}
	space, err := newNetSpace()
	if err != nil {
		return err
	}
	n.space = space
	bridge := &netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: bridgeName}}
	if err := space.link.LinkAdd(bridge); err != nil {
		return fmt.Errorf("make a bridge: %w", err)
	}
	made, err := space.link.LinkByName(bridgeName)
	if err != nil {
		return err
	}
	n.bridge = made.Attrs().Index
	return space.link.LinkSetUp(made)
}

func (n *network) unmake() {
	if n.space != nil {
		n.space.close() // the kernel removes the devices with the namespace
	}
	_ = os.RemoveAll(n.dir)
}

// ID is by what containers join.
func (n *network) ID() string { return n.id }

// Remove fails while containers are on the network.
func (n *network) Remove(context.Context) error {
	r := n.runtime
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.networks[n.id] == nil:
		return nil
	case len(n.members) > 0:
		return fmt.Errorf("remove network %s: %d containers are on it", n.record.Name, len(n.members))
	}
	delete(r.networks, n.id)
	n.unmake()
	return nil
}

// join gives the container of m.hosts a namespace of its own with an address, and
// tells the others.
func (n *network) join(m *member) error {
	r := n.runtime
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.networks[n.id] == nil {
		return fmt.Errorf("network %s was removed", n.record.Name)
	}
	space, err := newNetSpace()
	if err != nil {
		return err
	}
	m.network, m.space = n, space
	n.joined++
	m.device = fmt.Sprintf("c%d", n.joined)
	if m.address, err = n.freeAddress(); err == nil {
		err = n.connect(m)
	}
	if err != nil {
		space.close()
		return fmt.Errorf("join network %s: %w", n.record.Name, err)
	}
	n.members = append(n.members, m)
	if err := n.tell(); err != nil { // nobody else knows that it is on the network
		return errors.Join(err, n.drop(m))
	}
	return nil
}

// freeAddress is the lowest that nobody has.
func (n *network) freeAddress() (netip.Prefix, error) {
	all := netip.MustParsePrefix(networkRange)
	for at := all.Addr().Next(); all.Contains(at.Next()); at = at.Next() { // the last one is for broadcasts
		if !slices.ContainsFunc(n.members, func(m *member) bool { return m.address.Addr() == at }) {
			return netip.PrefixFrom(at, all.Bits()), nil
		}
	}
	return netip.Prefix{}, fmt.Errorf("no free address in %s", networkRange)
}

// connect lays a cable: a pair of devices, one on the bridge, one in the container.
func (n *network) connect(m *member) error {
	pair := &netlink.Veth{
		LinkAttrs: netlink.LinkAttrs{Name: m.device, MasterIndex: n.bridge, Flags: net.FlagUp},
		PeerName:  deviceName, PeerNamespace: netlink.NsFd(int(m.space.file.Fd())),
	}
	if err := n.space.link.LinkAdd(pair); err != nil {
		return fmt.Errorf("make a network device: %w", err)
	}
	if err := n.space.up(m.device); err != nil {
		return err
	}
	end, err := m.space.link.LinkByName(deviceName)
	if err != nil {
		return err
	}
	address := &net.IPNet{IP: m.address.Addr().AsSlice(), Mask: net.CIDRMask(m.address.Bits(), m.address.Addr().BitLen())}
	if err := m.space.link.AddrAdd(end, &netlink.Addr{IPNet: address}); err != nil {
		return fmt.Errorf("set the address %s: %w", m.address, err)
	}
	return m.space.link.LinkSetUp(end)
}

// leave takes the container off its network, and its names from the others.
func (m *member) leave() error {
	if m == nil || m.network == nil {
		return nil
	}
	n := m.network
	n.runtime.mu.Lock()
	defer n.runtime.mu.Unlock()
	return n.drop(m)
}

// drop is called with the runtime's mutex held.
func (n *network) drop(m *member) error {
	i := slices.Index(n.members, m)
	if i < 0 {
		return nil
	}
	n.members = slices.Delete(n.members, i, i+1)
	m.space.close()
	// A process that escaped its container's end could hold the namespace; the
	// device, and with it the address, is taken away all the same.
	if l, err := n.space.link.LinkByName(m.device); err == nil {
		_ = n.space.link.LinkDel(l)
	}
	return n.tell()
}

// tell writes the names of all into the files of all.
func (n *network) tell() error {
	for _, m := range n.members {
		if err := rewrite(m.hosts, m.own+memberLines(n.members)); err != nil {
			return fmt.Errorf("names on network %s: %w", n.record.Name, err)
		}
	}
	return nil
}
