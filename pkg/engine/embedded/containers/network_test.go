//go:build linux

package containers_test

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/engine"
)

func (b *bench) network(t *testing.T) engine.Network {
	t.Helper()
	n, err := b.CreateNetwork(t.Context(), engine.NetworkSpec{})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Names are known of those that came later, and no more of those that went.
func TestNames(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	n := b.network(t)
	first := b.start(t, engine.ContainerSpec{Network: n.ID(), Hostname: "first", Cmd: []string{"hang"}, ExtraHosts: []string{"six:fd00::6"}})
	second := b.start(t, engine.ContainerSpec{Name: "number-two", Network: n.ID(), Aliases: []string{"web", "www"}, Cmd: []string{"serve", ":8080"}})
	for _, name := range []string{"web", "www", "number-two", second.ID()} {
		h, err := first.Health(t.Context(), []string{"/probe", "get", "http://" + name + ":8080/"})
		if err != nil || !h.Healthy || h.Output != "ok" {
			t.Errorf("%s: %+v, %v", name, h, err)
		}
	}
	hosts := func() string {
		t.Helper()
		h, err := first.Health(t.Context(), []string{"/probe", "cat", "/etc/hosts"})
		if err != nil {
			t.Fatal(err)
		}
		return h.Output
	}
	if got := hosts(); !strings.Contains(got, "\tweb www\n") && !strings.Contains(got, " web www") || !strings.Contains(got, "\tfirst ") || !strings.Contains(got, "fd00::6\tsix\n") {
		t.Errorf("/etc/hosts is\n%s", got)
	}
	if err := n.Remove(t.Context()); err == nil {
		t.Error("a network was removed that containers are on")
	}
	if err := second.Remove(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := hosts(); strings.Contains(got, "web") || !strings.Contains(got, "\tfirst ") {
		t.Errorf("/etc/hosts is still\n%s", got)
	}
	third := b.start(t, engine.ContainerSpec{Network: n.ID(), Cmd: []string{"cat", "/etc/hosts"}})
	if code, err := third.Wait(t.Context()); code != 0 || err != nil {
		t.Errorf("one more ended with %d, %v", code, err)
	}
}

// A container of which the others could not be told is not on the network.
func TestNamesUntold(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	n := b.network(t)
	first := b.start(t, engine.ContainerSpec{Network: n.ID(), Cmd: []string{"hang"}})
	found, err := filepath.Glob(filepath.Join(b.root, "run", "*", "containers", first.ID(), "hosts"))
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	// What is mounted stays; in its place is something that cannot be written.
	if err := errors.Join(os.Remove(found[0]), os.Mkdir(found[0], 0o755)); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Start(t.Context(), engine.ContainerSpec{Image: "probe", Network: n.ID()}); err == nil {
		t.Error("it joined")
	}
	if err := errors.Join(os.Remove(found[0]), first.Remove(t.Context()), n.Remove(t.Context())); err != nil {
		t.Error(err)
	}
}

// Nothing outside can be reached from a private network, nor from the default one,
// and that is found out at once. The network of the machine is its own.
func TestOutside(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	n := b.network(t)
	for name, network := range map[string]string{"private": n.ID(), "default": "", "none": "none"} {
		got := b.run(t, engine.ContainerSpec{Network: network, Cmd: []string{"get", "http://192.0.2.1:80/", "0s"}})
		if got.code == 0 || !strings.Contains(got.stderr, "unreachable") {
			t.Errorf("%s: ended with %d, %q", name, got.code, got.stderr)
		}
		got = b.run(t, engine.ContainerSpec{Network: network, Cmd: []string{"get", "http://" + listener.Addr().String() + "/", "0s"}})
		if got.code == 0 || !strings.Contains(got.stderr, "refused") {
			t.Errorf("%s: the machine's loopback device: ended with %d, %q", name, got.code, got.stderr)
		}
		got = b.run(t, engine.ContainerSpec{Network: network, Cmd: []string{"cat", "/proc/net/dev"}})
		if want := map[bool]int{true: 4, false: 3}[name == "private"]; strings.Count(got.stdout, "\n") != want {
			t.Errorf("%s: devices are\n%s", name, got.stdout)
		}
	}
}

// All the machine has of a network are the files of this process.
func TestNothingOnTheMachine(t *testing.T) {
	b := newBench(t)
	before := devices(t)
	n := b.network(t)
	b.start(t, engine.ContainerSpec{Network: n.ID(), Cmd: []string{"hang"}})
	for name := range devices(t) {
		if !before[name] {
			t.Errorf("there is a device %s", name)
		}
	}
}

// devices are the machine's, but for those that a Docker daemon makes and removes
// meanwhile.
func devices(t *testing.T) map[string]bool {
	t.Helper()
	all, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, device := range all {
		if !strings.HasPrefix(device.Name, "veth") && !strings.HasPrefix(device.Name, "br-") {
			names[device.Name] = true
		}
	}
	return names
}

// No thread is left in a container's network: what this process does next on it
// would reach nothing.
func TestThreadsStay(t *testing.T) {
	b := newBench(t)
	n := b.network(t)
	for range 3 {
		b.start(t, engine.ContainerSpec{Network: n.ID(), Cmd: []string{"hang"}})
	}
	for len(astray(t)) > 0 && t.Context().Err() == nil {
		runtime.Gosched() // those that end do so in their own time
	}
}

// astray are the threads in another network than the process.
func astray(t *testing.T) (threads []string) {
	t.Helper()
	own, err := os.Readlink("/proc/self/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	links, err := filepath.Glob("/proc/self/task/*/ns/net")
	if err != nil || len(links) == 0 {
		t.Fatal(links, err)
	}
	for _, link := range links {
		if at, err := os.Readlink(link); err == nil && at != own {
			threads = append(threads, link)
		}
	}
	return threads
}
