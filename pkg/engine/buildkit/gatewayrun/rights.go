package gatewayrun

import (
	"slices"
	"strconv"
	"strings"

	"github.com/retort-ci/retort/pkg/engine"
)

// capabilities in the order of their numbers (Linux, capability.h).
func capabilities() []string {
	return []string{
		"CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP", "LINUX_IMMUTABLE",
		"NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER", "SYS_MODULE", "SYS_RAWIO",
		"SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE", "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG",
		"MKNOD", "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP", "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM",
		"BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF", "CHECKPOINT_RESTORE",
	}
}

// given are those that BuildKit gives to every container, as Docker does.
func given() []string {
	return []string{
		"CHOWN", "DAC_OVERRIDE", "FSETID", "FOWNER", "MKNOD", "NET_RAW", "SETGID", "SETUID", "SETFCAP", "SETPCAP",
		"NET_BIND_SERVICE", "SYS_CHROOT", "KILL", "AUDIT_WRITE",
	}
}

// rights writes the capabilities that stay as a bit mask; "-" where none goes.
func rights(spec engine.ContainerSpec) (string, error) {
	if len(spec.CapAdd)+len(spec.CapDrop) == 0 || spec.Privileged {
		return "-", nil
	}
	have := map[string]bool{}
	for _, name := range given() {
		have[name] = true
	}
	kept := map[string]bool{}
	if !slices.ContainsFunc(spec.CapDrop, func(c string) bool { return plain(c) == "ALL" }) {
		for name := range have {
			kept[name] = true
		}
	}
	for _, c := range spec.CapDrop {
		delete(kept, plain(c))
	}
	for _, c := range spec.CapAdd {
		if !have[plain(c)] {
			return "", refuse(otherEngine, "the capability %s", c)
		}
		kept[plain(c)] = true
	}
	var mask uint64
	for i, name := range capabilities() {
		if kept[name] {
			mask |= 1 << i
		}
	}
	return strconv.FormatUint(mask, 10), nil
}

// plain is a capability's name without its prefix.
func plain(name string) string { return strings.TrimPrefix(strings.ToUpper(name), "CAP_") }
