package buildkitdtest

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// namespace are the words for unshare(1) that end its options. The namespace's first
// process is a shell, which takes the exit status of who has lost his parent: the
// daemon does not, and then the kernel never lets a container end whose `runc exec`
// was killed.
func namespace(opts Options) []string {
	const daemon = `"$@" & wait $!`
	if !opts.Bridge {
		return []string{"--", "sh", "-c", daemon, "sh"}
	}
	// The bridge, its addresses and the rules of iptables are in there, and go with it.
	return []string{"--net", "--", "sh", "-c", "ip link set lo up || exit; " + daemon, "sh"}
}

// findPlugins gives the directory of the CNI plugins, as find does buildkitd:
// those of Debian's containernetworking-plugins, or of buildkitd's default.
func findPlugins(tb testing.TB) string {
	tb.Helper()
	for _, dir := range []string{"/usr/lib/cni", "/opt/cni/bin"} {
		if _, err := os.Stat(filepath.Join(dir, "bridge")); err == nil {
			return dir
		}
	}
	err := errors.New("no CNI plugins; install containernetworking-plugins")
	if os.Getenv("CI") == "true" {
		tb.Fatal(err)
	}
	tb.Skip(err)
	return ""
}
