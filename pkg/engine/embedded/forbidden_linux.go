package embedded

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/moby/sys/userns"
	"golang.org/x/sys/unix"

	"github.com/retort-ci/retort/pkg/fault"
)

// forbidden is why there can be no second self.
func forbidden(err error) error {
	root := os.Geteuid() == 0 && !userns.RunningInUserNS()
	may, _ := mayMount()
	return forbiddenTo(root, may, err, func(name string) string {
		text, _ := os.ReadFile(name)
		return strings.TrimSpace(string(text))
	})
}

// forbiddenTo is about the machine's root or another user, who may mount or not.
func forbiddenTo(root, mayMount bool, err error, read func(file string) string) error {
	const (
		privileged = "run it with CAP_SYS_ADMIN (in Kubernetes: securityContext.privileged)"
		daemon     = "; or use --engine with a Docker or BuildKit daemon"
	)
	if root && mayMount {
		return fault.Wrap(fault.Infrastructure, fmt.Errorf("the embedded engine needs the right to mount: %w", err), privileged+daemon)
	}
	why, hint := withheld(err, read)
	if why != "" {
		err = fmt.Errorf("%s: %w", why, err)
	}
	if root {
		return fault.Wrap(fault.Infrastructure, fmt.Errorf("the embedded engine needs CAP_SYS_ADMIN or a user namespace: %w", err),
			privileged+", or "+strings.TrimPrefix(hint, asRoot+", or ")+daemon)
	}
	return fault.Wrap(fault.Infrastructure, fmt.Errorf("the embedded engine needs a user namespace when it is not run as root: %w", err), hint+daemon)
}

const asRoot = "run it as root"

// The kernel's settings that keep user namespaces from users: user_namespaces(7),
// of Debian's kernels, and of Ubuntu's.
const (
	maxUserNamespaces = "/proc/sys/user/max_user_namespaces"
	usernsClone       = "/proc/sys/kernel/unprivileged_userns_clone"
	usernsAppArmor    = "/proc/sys/kernel/apparmor_restrict_unprivileged_userns"
)

// withheld looks for what makes the kernel refuse a user namespace, or what is done
// in one, and for what to do about it. The files that it reads are proc(5)'s.
func withheld(err error, read func(file string) string) (why, hint string) {
	denied := errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES)
	const inContainer = "in a container: --security-opt seccomp=unconfined, apparmor=unconfined and systempaths=unconfined (in Kubernetes: securityContext.seccompProfile Unconfined, procMount Unmasked)"
	switch {
	case errors.Is(err, unix.ENOSPC) && read(maxUserNamespaces) == "0":
		return "user.max_user_namespaces is 0", "as root: sysctl -w user.max_user_namespaces=15000"
	case errors.Is(err, unix.ENOSPC):
		return "there are as many as user.max_user_namespaces allows", "as root: sysctl -w user.max_user_namespaces=…, a greater number"
	case errors.Is(err, unix.EINVAL):
		return "this kernel has none", asRoot
	case denied && read(usernsClone) == "0":
		return "kernel.unprivileged_userns_clone is 0", "as root: sysctl -w kernel.unprivileged_userns_clone=1"
	case denied && cmp.Or(read(usernsAppArmor), "0") != "0":
		return "AppArmor keeps them from users (kernel.apparmor_restrict_unprivileged_userns)",
			"as root: sysctl -w kernel.apparmor_restrict_unprivileged_userns=0, or an AppArmor profile with `userns,` for retort"
	case denied && statusField(read("/proc/self/status"), "Seccomp") == "2":
		return "a seccomp filter forbids it", inContainer
	case denied:
		return "", asRoot + ", or " + inContainer
	}
	return "", asRoot
}

// status is a field of this process's, proc(5).
func status(field string) string {
	text, _ := os.ReadFile("/proc/self/status")
	return statusField(string(text), field)
}

func statusField(text, field string) string {
	_, after, _ := strings.Cut("\n"+text, "\n"+field+":")
	value, _, _ := strings.Cut(after, "\n")
	return strings.TrimSpace(value)
}
