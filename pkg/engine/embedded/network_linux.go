package embedded

import (
	"os"

	"golang.org/x/sys/unix"
)

// ownsNetwork tells whether the network namespace belongs to the user namespace. In
// one that does not, a second self's who is not root outside, RUN instructions go
// without /sys, which is the network's, and without control groups.
func ownsNetwork() bool {
	network, err := os.Open("/proc/self/ns/net")
	if err != nil {
		return false
	}
	defer func() { _ = network.Close() }()
	// ioctl_ns(2). EPERM is the answer where the owner is further up.
	fd, err := unix.IoctlRetInt(int(network.Fd()), unix.NS_GET_USERNS)
	if err != nil {
		return false
	}
	owner := os.NewFile(uintptr(fd), "owner")
	defer func() { _ = owner.Close() }()
	theirs, err := owner.Stat()
	if err != nil {
		return false
	}
	ours, err := os.Stat("/proc/self/ns/user")
	return err == nil && os.SameFile(theirs, ours)
}
