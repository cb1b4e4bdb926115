//go:build linux

package containers

import (
	"context"
	"fmt"
	"slices"
	"strings"

	cdcontainers "github.com/containerd/containerd/v2/core/containers"
	"github.com/containerd/containerd/v2/pkg/apparmor"
	caps "github.com/containerd/containerd/v2/pkg/cap"
	"github.com/containerd/containerd/v2/pkg/oci"
	cdseccomp "github.com/containerd/containerd/v2/pkg/seccomp"
	"github.com/moby/profiles/seccomp"
	"github.com/moby/sys/userns"
	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
)

// unconfined turns a protection off.
const unconfined = "unconfined"

// security is what the options of a spec amount to.
type security struct {
	gains    bool   // a setuid program may give rights
	seccomp  string // unconfined, or a profile as JSON; empty for Docker's own
	apparmor string // name of a loaded profile; empty for none
	unmasked bool   // all of /proc and /sys can be seen
}

// securityOf reads options as Docker writes them: "name=value", or "name:value".
func securityOf(options []string) (security, error) {
	var s security
	for _, o := range options {
		at := strings.IndexAny(o, "=:")
		name, value := o, ""
		if at >= 0 {
			name, value = o[:at], o[at+1:]
		}
		switch {
		case name == "no-new-privileges" && (value == "" || value == "true"):
			s.gains = false
		case name == "no-new-privileges" && value == "false":
			s.gains = true
		case name == "seccomp" && value == unconfined, name == "seccomp" && strings.HasPrefix(strings.TrimSpace(value), "{"):
			s.seccomp = value
		case name == "seccomp" && value == "builtin":
			s.seccomp = ""
		case name == "apparmor" && value == unconfined:
			s.apparmor = ""
		case name == "apparmor" && value != "":
			s.apparmor = value
		case name == "systempaths" && value == unconfined:
			s.unmasked = true
		case name == "label" && value == "disable": // there are no labels here
		default:
			return s, fault.New(fault.Usage, "known are no-new-privileges, seccomp, apparmor, systempaths=unconfined and label=disable",
				"the embedded engine does not know the security option %q", o)
		}
	}
	return s, nil
}

// checkRights reads what the spec says of them.
func checkRights(s engine.ContainerSpec) error {
	if _, err := securityOf(s.SecurityOpt); err != nil {
		return err
	}
	_, err := capabilities(s, caps.Known())
	return err
}

// withRights gives the container its capabilities and takes the rest, with Docker's
// own profile of system calls.
func (c *container) withRights(ctx context.Context, client oci.Client, cc *cdcontainers.Container, s *oci.Spec) error {
	wanted, err := securityOf(c.spec.SecurityOpt)
	if err != nil {
		return err
	}
	s.Process.NoNewPrivileges = !wanted.gains && !c.spec.Privileged
	var opts []oci.SpecOpts
	if userns.RunningInUserNS() {
		opts = append(opts, oci.WithParentCgroupDevices)
	}
	if c.spec.Privileged {
		opts = append(opts, oci.WithPrivileged, oci.WithAllDevicesAllowed, oci.WithHostDevices)
		return oci.Compose(opts...)(ctx, client, cc, s)
	}
	own, err := caps.Current()
	if err != nil {
		return err
	}
	allowed, err := capabilities(c.spec, own)
	if err != nil {
		return err
	}
	opts = append(opts, oci.WithCapabilities(c.withoutDevices(allowed)))
	if wanted.unmasked {
		opts = append(opts, oci.WithMaskedPaths(nil), oci.WithReadonlyPaths(nil))
	}
	if wanted.apparmor != "" && apparmor.HostSupports() {
		opts = append(opts, oci.WithApparmorProfile(wanted.apparmor))
	}
	opts = append(opts, withSeccomp(wanted.seccomp))
	return oci.Compose(opts...)(ctx, client, cc, s)
}

// withoutDevices takes away the right to make device files where nothing else keeps
// a container from the machine's disks: runc, which may go without control groups
// there, sets no rules for devices. In a user namespace the kernel keeps it.
func (c *container) withoutDevices(allowed []string) []string {
	const mknod = "CAP_MKNOD"
	if c.runtime.cgroups.writable() || !slices.Contains(allowed, mknod) {
		return allowed
	}
	if !userns.RunningInUserNS() {
		c.runtime.warn("containers have no right to make device files (" + mknod + "): the embedded engine can write no control group on this machine, by which use of the devices would be bounded")
	}
	return slices.DeleteFunc(allowed, func(c string) bool { return c == mknod })
}

// withSeccomp comes after the capabilities, upon which Docker's profile depends.
func withSeccomp(profile string) oci.SpecOpts {
	return func(_ context.Context, _ oci.Client, _ *cdcontainers.Container, s *oci.Spec) error {
		if profile == unconfined || !cdseccomp.IsEnabled() {
			return nil
		}
		load := seccomp.GetDefaultProfile
		if profile != "" {
			load = func(s *oci.Spec) (*specs.LinuxSeccomp, error) { return seccomp.LoadProfile(profile, s) }
		}
		loaded, err := load(s)
		if err != nil {
			return fault.Wrap(fault.Usage, fmt.Errorf("security option seccomp: %w", err), "")
		}
		s.Linux.Seccomp = loaded
		return nil
	}
}

// all stands for every capability.
const all = "ALL"

// capabilities are Docker's own with those that the spec adds, less those that it
// drops, as Docker reads it. None can be given that this process, whose are own,
// does not have.
func capabilities(s engine.ContainerSpec, own []string) ([]string, error) {
	add, err := capabilityNames(s.CapAdd)
	if err != nil {
		return nil, err
	}
	drop, err := capabilityNames(s.CapDrop)
	if err != nil {
		return nil, err
	}
	given := slices.DeleteFunc(dockerCapabilities(), func(c string) bool { return !slices.Contains(own, c) })
	switch {
	case slices.Contains(add, all):
		given = slices.Clone(own)
	case slices.Contains(drop, all):
		given = nil
	}
	given = slices.DeleteFunc(given, func(c string) bool { return slices.Contains(drop, c) })
	for _, c := range add {
		switch {
		case c == all || slices.Contains(given, c):
		case !slices.Contains(own, c):
			return nil, fault.New(fault.Usage, "run retort with it, or leave it out", "capability %s cannot be given to a container: retort does not have it", c)
		default:
			given = append(given, c)
		}
	}
	return given, nil
}

// capabilityNames takes them with and without CAP_, in capitals or not.
func capabilityNames(names []string) ([]string, error) {
	var known []string
	for _, name := range names {
		c := strings.ToUpper(name)
		if c != all && !strings.HasPrefix(c, "CAP_") {
			c = "CAP_" + c
		}
		if c != all && !slices.Contains(caps.Known(), c) {
			return nil, fault.New(fault.Usage, "see capabilities(7)", "there is no capability %q", name)
		}
		known = append(known, c)
	}
	return known, nil
}

// dockerCapabilities are what Docker leaves root in a container.
func dockerCapabilities() []string {
	return []string{
		"CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER", "CAP_MKNOD", "CAP_NET_RAW", "CAP_SETGID",
		"CAP_SETUID", "CAP_SETFCAP", "CAP_SETPCAP", "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT", "CAP_KILL", "CAP_AUDIT_WRITE",
	}
}
