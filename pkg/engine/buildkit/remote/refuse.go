package remote

import (
	"context"
	"fmt"
	"net"
	"slices"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
)

// refuse keeps the daemon from asking a registry on a loopback that is another one
// than ours: it would not be there, or be someone else's.
func (e *Engine) refuse(ctx context.Context, ref string) error {
	// What is no reference is the Dockerfile frontend's to tell.
	if parsed, err := name.ParseReference(ref); err != nil || !loopback(parsed.Context().RegistryStr()) {
		return nil //nolint:nilerr // see above
	}
	here, err := e.here(ctx)
	if err != nil || here {
		return err
	}
	return fault.Wrap(fault.Usage,
		fmt.Errorf("%s: %w: buildkitd at %s runs on another machine, with a loopback of its own", ref, engine.ErrUnsupported, e.address),
		"use a registry that the daemon's machine reaches by the same name, or an engine on this machine: --engine docker, --engine embedded")
}

// here tells whether the daemon's loopback is ours. The host name that its workers
// have decides: a container, a pod and another machine have another one, behind
// whatever socket, tunnel or forwarded port they are reached. Where no worker tells
// it, a socket is taken for one of this machine's.
func (e *Engine) here(ctx context.Context) (bool, error) {
	d, err := e.answered(ctx)
	if err != nil {
		return false, err
	}
	if own, err := e.hostname(); err == nil && len(d.Hosts) > 0 {
		return slices.Contains(d.Hosts, own), nil
	}
	return e.address.url.Scheme == "unix", nil
}

// loopback tells whether the registry is on the loopback of whoever asks it.
func loopback(registry string) bool {
	host, _, err := net.SplitHostPort(registry)
	if err != nil {
		host = registry
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
