//go:build linux

package containers

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"strings"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
)

// hostNetwork and noNetwork are the networks that every engine has.
const (
	hostNetwork = "host"
	noNetwork   = "none"
)

// localNames begin every /etc/hosts that is not the machine's.
const localNames = `127.0.0.1	localhost
::1	localhost ip6-localhost ip6-loopback
fe00::0	ip6-localnet
ff00::0	ip6-mcastprefix
ff02::1	ip6-allnodes
ff02::2	ip6-allrouters
`

// noServer is the /etc/resolv.conf where no name server can be reached. Without
// one a resolver asks on the loopback device, and is refused at once.
const noServer = "# Names on this network are in /etc/hosts.\n"

// hostsOf is a container's /etc/hosts, less the other members of its network.
func hostsOf(spec engine.ContainerSpec, hostname string) (string, error) {
	text := localNames
	if spec.Network == hostNetwork {
		machine, err := machineFile("/etc/hosts")
		if err != nil {
			return "", err
		}
		text = machine
	}
	for _, extra := range spec.ExtraHosts {
		line, err := extraHost(extra, spec.Network)
		if err != nil {
			return "", err
		}
		text += line
	}
	if spec.Network == "" || spec.Network == noNetwork {
		text += "127.0.0.1\t" + hostname + "\n" // its only address
	}
	return text, nil
}

// extraHost reads "host:ip", where the address may have colons too.
func extraHost(extra, network string) (string, error) {
	host, address, ok := strings.Cut(extra, ":")
	if address == "host-gateway" && ok {
		if network != hostNetwork {
			return "", fault.New(fault.Usage, "use the network of the machine: network_mode: host",
				"extra host %q: a container of the embedded engine cannot reach the machine it runs on", extra)
		}
		address = "127.0.0.1"
	}
	ip, err := netip.ParseAddr(strings.Trim(address, "[]"))
	if host == "" || err != nil {
		return "", fault.New(fault.Usage, `write it as "db.example.com:10.0.0.1"`, "extra host %q is no host and address", extra)
	}
	return ip.String() + "\t" + host + "\n", nil
}

// memberLines name each container by all of its names.
func memberLines(members []*member) string {
	var b strings.Builder
	for _, m := range members {
		_, _ = fmt.Fprintf(&b, "%s\t%s\n", m.address.Addr(), strings.Join(m.names, " "))
	}
	return b.String()
}

// resolvConf is a container's /etc/resolv.conf.
func resolvConf(network string) (string, error) {
	if network != hostNetwork {
		return noServer, nil
	}
	return machineFile("/etc/resolv.conf")
}

// machineFile is empty where the machine has no such file.
func machineFile(path string) (string, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return string(text), err
}

// rewrite changes a file in place: containers have it mounted, and would go on
// with the old one if it were replaced.
func rewrite(path, text string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	// First the text, then the end: who reads meanwhile finds whole lines of the
	// old or the new.
	if _, err = f.WriteAt([]byte(text), 0); err == nil {
		err = f.Truncate(int64(len(text)))
	}
	if err == nil {
		err = f.Chmod(0o644) // whatever this process's umask
	}
	return errors.Join(err, f.Close())
}
