package embedded

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/moby/buildkit/version"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/internal/wholefile"
)

// host is what was found on this machine.
type host struct {
	runc string // path
}

// lookForHost looks for what the engine needs, without starting anything.
func lookForHost() (host, error) {
	path, err := exec.LookPath("runc")
	if err != nil {
		return host{}, fault.New(fault.Infrastructure, "install it: apt-get install runc, apk add runc, dnf install runc",
			"the embedded engine needs runc, and there is none on PATH")
	}
	if may, err := mayMount(); err == nil && !may {
		if os.Geteuid() != 0 {
			return host{}, fault.New(fault.Infrastructure, "let the program call embedded.Enter before anything else, or run it as root",
				"the embedded engine may not mount: this process has no user namespace")
		}
		return host{}, forbidden(errors.New("this process may not mount (it lacks CAP_SYS_ADMIN)"))
	}
	return host{runc: path}, nil
}

// mayMount looks for the right in the effective set.
func mayMount() (bool, error) { return hasSysAdmin("CapEff") }

// hasSysAdmin looks for CAP_SYS_ADMIN, 21 of capabilities(7), in a set of proc(5)'s.
func hasSysAdmin(set string) (bool, error) {
	const sysAdmin = 21
	bits, err := strconv.ParseUint(status(set), 16, 64)
	return bits&(1<<sysAdmin) != 0, err
}

// runcVersion is the first line's of `runc --version`: "runc version 1.1.5+ds1". It
// is remembered in the slot, for as long as the program is the same file: to ask
// takes longer than all else at a start.
func (h host) runcVersion(ctx context.Context, slot string) string {
	const unknown = "of unknown version"
	info, err := os.Stat(h.runc)
	if err != nil {
		return unknown
	}
	memory := filepath.Join(slot, "runc")
	key := fmt.Sprintf("%s %d %d ", h.runc, info.Size(), info.ModTime().UnixNano())
	if known, err := os.ReadFile(memory); err == nil && strings.HasPrefix(string(known), key) {
		return strings.TrimPrefix(string(known), key)
	}
	out, err := exec.CommandContext(ctx, h.runc, "--version").Output()
	if err != nil {
		return unknown
	}
	line, _, _ := strings.Cut(string(out), "\n")
	version, _, _ := strings.Cut(strings.TrimPrefix(line, "runc version "), "+")
	_ = wholefile.Write(memory, []byte(key+version), 0o600) // or it is asked again
	return version
}

// buildkitVersion is that of the module which is linked in.
func buildkitVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return version.Version
	}
	for _, module := range info.Deps {
		if module.Path == version.Package {
			return module.Version
		}
	}
	return version.Version
}
