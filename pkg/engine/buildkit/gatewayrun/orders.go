package gatewayrun

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
)

// orders are what the entering program does before the command begins, as enter.c
// reads it. They go there by its stdin, and so neither into the build cache nor
// into anything that could be listed.
type orders struct{ bytes.Buffer }

func (o *orders) file(f engine.File) {
	o.order('f', uint32(cmp.Or(f.Mode.Perm(), 0o444)), f.UID, f.GID, len(f.Content), f.Path)
	o.Write(f.Content)
}

func (o *orders) directory(path string, mode uint32, uid, gid uint32) {
	o.order('d', mode, int(uid), int(gid), 0, path)
}

func (o *orders) host(line string) { o.order('h', 0, 0, 0, 0, line) }

func (o *orders) end() { o.order('e', 0, 0, 0, 0, "") }

func (o *orders) order(what byte, mode uint32, uid, gid, size int, path string) {
	_, _ = fmt.Fprintf(o, "%c %d %d %d %d %d\n%s", what, mode, uid, gid, size, len(path), path)
}

// hosts are the container's lines of /etc/hosts, beside those of the loopback:
// its own name, the spec's hosts, and who is on its network.
func (o *orders) hosts(c *container) error {
	spec, own := c.spec, "@\t"+c.hostname()
	if c.network != nil {
		own = strings.Join(append([]string{own}, spec.Aliases...), " ")
		for _, line := range c.network.lines(c) {
			o.host(line)
		}
	}
	o.host(own)
	for _, h := range spec.ExtraHosts {
		line, err := hostLine(h)
		if err != nil {
			return err
		}
		o.host(line)
	}
	return nil
}

// hostLine is the hosts file's line of "name:address".
func hostLine(host string) (string, error) {
	name, ip, _ := strings.Cut(host, ":")
	if ip == "host-gateway" {
		return "", refuse("name the address instead, or use --engine docker", "the host's own address, which %q asks for,", host)
	}
	if _, err := netip.ParseAddr(strings.Trim(ip, "[]")); err != nil || name == "" {
		return "", fault.Wrap(fault.Usage, fmt.Errorf("host %q: %w", host, cmp.Or(err, errors.New("it has no name"))), `write it as "name:address"`)
	}
	return strings.Trim(ip, "[]") + "\t" + name, nil
}
