package remote

import (
	"context"
	"fmt"
	"maps"
	"net"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/moby/buildkit/client/connhelper"
	"github.com/moby/buildkit/client/connhelper/dockercontainer"
	"github.com/moby/buildkit/client/connhelper/kubepod"
	"github.com/moby/buildkit/client/connhelper/nerdctlcontainer"
	"github.com/moby/buildkit/client/connhelper/podmancontainer"
	"github.com/moby/buildkit/client/connhelper/ssh"

	"github.com/retort-ci/retort/pkg/fault"
)

// address is where a daemon is.
type address struct {
	url  *url.URL
	dial func(ctx context.Context) (net.Conn, error)
}

// String is the address as BUILDKIT_HOST takes it.
func (a address) String() string { return a.url.String() }

// helpers reach daemons through another program: docker exec, kubectl exec, ssh.
func helpers() map[string]func(*url.URL) (*connhelper.ConnectionHelper, error) {
	return map[string]func(*url.URL) (*connhelper.ConnectionHelper, error){
		"docker-container":  dockercontainer.Helper,
		"kube-pod":          kubepod.Helper,
		"nerdctl-container": nerdctlcontainer.Helper,
		"podman-container":  podmancontainer.Helper,
		"ssh":               ssh.Helper,
	}
}

// parseAddress reads an address; what makes no sense is a usage fault.
func parseAddress(text string) (address, error) {
	bad := func(format string, args ...any) (address, error) {
		return address{}, fault.New(fault.Usage, "such as tcp://buildkitd.example.com:1234 or unix:///run/buildkit/buildkitd.sock",
			"BuildKit address %q: %w", text, fmt.Errorf(format, args...))
	}
	if text == "" {
		return bad("there is none")
	}
	u, err := url.Parse(text)
	if err != nil {
		return bad("%w", err)
	}
	at := address{url: u}
	switch u.Scheme {
	case "tcp":
		port, err := strconv.ParseUint(u.Port(), 10, 16)
		if u.Hostname() == "" || err != nil || port == 0 || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.User != nil {
			return bad("it is not tcp://HOST:PORT")
		}
		at.dial = dialer("tcp", u.Host)
		return at, nil
	case "unix":
		if u.Host != "" || !filepath.IsAbs(u.Path) {
			return bad("it is not unix:///PATH")
		}
		at.dial = dialer("unix", u.Path)
		return at, nil
	}
	helper, known := helpers()[u.Scheme]
	if !known {
		return bad("its scheme is none of tcp, unix, %s", strings.Join(slices.Sorted(maps.Keys(helpers())), ", "))
	}
	through, err := helper(u)
	if err != nil {
		return bad("%w", err)
	}
	at.dial = func(ctx context.Context) (net.Conn, error) { return through.ContextDialer(ctx, u.Host) }
	return at, nil
}

// dialLimit is how long a daemon's machine may take to answer.
const dialLimit = 10 * time.Second

// dialer notices within half a minute that the other machine is gone, which says
// nothing more.
func dialer(network, at string) func(ctx context.Context) (net.Conn, error) {
	d := net.Dialer{Timeout: dialLimit, KeepAliveConfig: net.KeepAliveConfig{
		Enable: true, Idle: 10 * time.Second, Interval: 5 * time.Second, Count: 4,
	}}
	return func(ctx context.Context) (net.Conn, error) { return d.DialContext(ctx, network, at) }
}
