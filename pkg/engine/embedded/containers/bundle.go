//go:build linux

package containers

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	cdcontainers "github.com/containerd/containerd/v2/core/containers"
	"github.com/containerd/containerd/v2/pkg/namespaces"
	"github.com/containerd/containerd/v2/pkg/oci"
	"github.com/moby/sys/userns"
	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/retort-ci/retort/pkg/fault"
)

// configName is the file that a bundle has by the OCI runtime specification.
const configName = "config.json"

// writeBundle writes down for runc what the container is.
func (c *container) writeBundle(ctx context.Context) error {
	opts := []oci.SpecOpts{
		oci.WithRootFSPath(string(c.tree)),
		oci.WithHostname(c.hostname),
		withoutRlimits,
		c.withMounts,
		c.withNamespaces,
		c.withProcess,
		c.withRights,
		c.withLimits,
	}
	if c.spec.ReadOnly {
		opts = append(opts, oci.WithRootFSReadonly())
	}
	// containerd wants a namespace of its own kind, for a cgroup path that is set anew.
	ctx = namespaces.WithNamespace(ctx, "retort")
	s, err := oci.GenerateSpec(ctx, nil, &cdcontainers.Container{ID: c.id}, opts...)
	if err != nil {
		return fault.Wrap(fault.Unexpected, fmt.Errorf("create a container of %s: %w", c.spec.Image, err), "")
	}
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	c.oci = s
	return os.WriteFile(c.file(configName), text, 0o600)
}

// withoutRlimits lets the container have those of this process, as Docker lets it
// have the daemon's.
func withoutRlimits(_ context.Context, _ oci.Client, _ *cdcontainers.Container, s *oci.Spec) error {
	s.Process.Rlimits = nil
	return nil
}

// withMounts are those of every container, and what of the spec's lies in them.
func (c *container) withMounts(ctx context.Context, client oci.Client, cc *cdcontainers.Container, s *oci.Spec) error {
	opts := []oci.SpecOpts{oci.WithoutRunMount} // an image's /run is its own
	if c.spec.ShmSize > 0 {
		opts = append(opts, withShmSize(c.spec.ShmSize))
	}
	if c.runtime.cgroups.writable() {
		opts = append(opts, oci.WithMounts([]specs.Mount{{
			Destination: "/sys/fs/cgroup", Type: "cgroup", Source: "cgroup", Options: []string{"ro", "nosuid", "noexec", "nodev"},
		}}))
	}
	if c.spec.Network == hostNetwork && userns.RunningInUserNS() {
		// The machine's network is not the user namespace's, and so is its /sys.
		opts = append(opts, oci.WithoutMounts("/sys"), oci.WithMounts([]specs.Mount{{
			Destination: "/sys", Type: "bind", Source: "/sys", Options: []string{"rbind", "nosuid", "noexec", "nodev", "ro"},
		}}))
	}
	for _, l := range c.laid {
		if l.late() {
			opts = append(opts, oci.WithoutMounts(l.path), oci.WithMounts([]specs.Mount{l.oci()}))
		}
	}
	return oci.Compose(opts...)(ctx, client, cc, s)
}

// withShmSize takes bytes, which need not be whole kilobytes.
func withShmSize(size int64) oci.SpecOpts {
	return oci.Compose(oci.WithoutMounts("/dev/shm"), oci.WithMounts([]specs.Mount{{
		Destination: "/dev/shm", Type: "tmpfs", Source: "shm",
		Options: []string{"nosuid", "noexec", "nodev", "mode=1777", fmt.Sprintf("size=%d", size)},
	}}))
}

// oci is the mount in runc's words.
func (l laid) oci() specs.Mount {
	m := specs.Mount{Destination: l.path, Type: "tmpfs", Source: "tmpfs", Options: l.tmpfs}
	if l.tmpfs == nil {
		m.Type, m.Source, m.Options = "bind", l.source, []string{"rbind", "rprivate"}
		if l.readOnly {
			m.Options = append(m.Options, "ro")
		}
	}
	return m
}

// withNamespaces gives the container those that Docker gives it, and its network.
func (c *container) withNamespaces(ctx context.Context, client oci.Client, cc *cdcontainers.Container, s *oci.Spec) error {
	var opts []oci.SpecOpts
	if _, err := os.Stat("/proc/self/ns/cgroup"); err == nil {
		opts = append(opts, oci.WithLinuxNamespace(specs.LinuxNamespace{Type: specs.CgroupNamespace}))
	}
	switch {
	case c.spec.Network == hostNetwork:
		opts = append(opts, oci.WithHostNamespace(specs.NetworkNamespace))
	case c.member != nil:
		opts = append(opts, oci.WithLinuxNamespace(specs.LinuxNamespace{Type: specs.NetworkNamespace, Path: c.member.space.path()}))
	}
	return oci.Compose(opts...)(ctx, client, cc, s)
}
