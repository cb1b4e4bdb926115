//go:build linux

package containers

import (
	"errors"
	"fmt"
	"os"
	"runtime"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// netSpace is a network namespace that nothing but its open file holds, so that it
// ends with this process at the latest.
type netSpace struct {
	file *os.File
	link *netlink.Handle
}

// newNetSpace makes one whose loopback device is up.
func newNetSpace() (s *netSpace, err error) {
	onThread(func() { s, err = unshareThread() })
	if err != nil {
		return nil, fmt.Errorf("make a network namespace: %w", err)
	}
	if err := s.up("lo"); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *netSpace) up(device string) error {
	l, err := s.link.LinkByName(device)
	if err == nil {
		err = s.link.LinkSetUp(l)
	}
	if err != nil {
		return fmt.Errorf("network device %s: %w", device, err)
	}
	return nil
}

// path names the namespace to another process of this pid namespace.
func (s *netSpace) path() string {
	return fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), s.file.Fd())
}

func (s *netSpace) close() {
	s.link.Close()
	_ = s.file.Close()
}

// onThread runs the function on a thread that ends with it. A thread cannot leave a
// network namespace for one that another user namespace owns, as the machine's where
// retort is not run as root.
func onThread(f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // for good
		if unix.Gettid() == unix.Getpid() {
			// The first thread is the process in /proc, and does not end before it.
			onThread(f)
			runtime.UnlockOSThread()
			return
		}
		f()
	}()
	<-done
}

// unshareThread takes the thread into a new namespace.
func unshareThread() (*netSpace, error) {
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		return nil, err
	}
	file, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		return nil, err
	}
	link, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &netSpace{file: file, link: link}, nil
}
