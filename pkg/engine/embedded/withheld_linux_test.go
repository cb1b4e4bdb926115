package embedded

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/retort-ci/retort/pkg/fault"
)

// Each of the kernel's settings is named, with what to do about it.
func TestWithheld(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err       error
		files     map[string]string
		why, hint string
	}{
		"no namespaces allowed": {unix.ENOSPC, map[string]string{maxUserNamespaces: "0"}, "max_user_namespaces is 0", "sysctl -w user.max_user_namespaces"},
		"too many":              {unix.ENOSPC, map[string]string{maxUserNamespaces: "5"}, "as many as", "greater"},
		"old Debian":            {unix.EPERM, map[string]string{usernsClone: "0", usernsAppArmor: "1"}, "unprivileged_userns_clone is 0", "sysctl -w kernel.unprivileged_userns_clone=1"},
		"Ubuntu":                {unix.EACCES, map[string]string{usernsClone: "1", usernsAppArmor: "1"}, "AppArmor", "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"},
		"container":             {unix.EPERM, map[string]string{usernsAppArmor: "0", "/proc/self/status": "Name:\tretort\nSeccomp:\t2\n"}, "seccomp", "--security-opt seccomp=unconfined"},
		"kernel without":        {unix.EINVAL, nil, "has none", "as root"},
		"unknown":               {unix.EPERM, map[string]string{"/proc/self/status": "Seccomp:\t0\n"}, "", "run it as root"},
	} {
		why, hint := withheld(&os.PathError{Op: "fork/exec", Path: "/proc/self/exe", Err: c.err}, func(file string) string { return c.files[file] })
		if !strings.Contains(why, c.why) || !strings.Contains(hint, c.hint) || c.why == "" && why != "" {
			t.Errorf("%s: %q, %q", name, why, hint)
		}
	}
}

// Root without the right to mount is told of both ways out.
func TestForbiddenToRoot(t *testing.T) {
	t.Parallel()
	none := func(file string) string { return map[string]string{maxUserNamespaces: "0"}[file] }
	for _, c := range []struct {
		may           bool
		err           error
		said, further string
	}{
		{true, unix.EPERM, "needs the right to mount", "; or use --engine"},
		{false, unix.ENOSPC, "needs CAP_SYS_ADMIN or a user namespace: user.max_user_namespaces is 0", ", or as root: sysctl -w user.max_user_namespaces=15000"},
		{false, unix.EPERM, "needs CAP_SYS_ADMIN or a user namespace", ", or in a container: --security-opt seccomp=unconfined"},
	} {
		err := forbiddenTo(true, c.may, c.err, none)
		if hint := fault.HintOf(err); !strings.Contains(err.Error(), c.said) || !strings.HasPrefix(hint, "run it with CAP_SYS_ADMIN") || !strings.Contains(hint, c.further) {
			t.Errorf("may mount %v: %v, next: %s", c.may, err, hint)
		}
		if fault.SideOf(err) != fault.Infrastructure {
			t.Errorf("it is on the side %v", fault.SideOf(err))
		}
	}
}

// Ranges are by name or by number, in the order of the file, without a gap inside.
func TestIDMaps(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	const uid, gid = 4321, 100 // of nobody in /etc/passwd
	uids := file("subuid", "# people\nother:100000:65536\n4321:200000:1000\nbroken\n4321:x:5\n4321:300000:0\n\n4321:400000:10\n")
	gids := file("subgid", "43210:1:1\n4321:500000:65536\n")
	if maps, err := findIDMaps(uids, gids, uid, gid); err != nil ||
		!slices.Equal(maps.uids, strings.Fields("0 4321 1 1 200000 1000 1001 400000 10")) ||
		!slices.Equal(maps.gids, strings.Fields("0 100 1 1 500000 65536")) {
		t.Errorf("%+v, %v", maps, err)
	}
	for name, files := range map[string][2]string{
		"no line": {uids, file("none", "other:100000:65536\n")}, "no file": {filepath.Join(dir, "missing"), gids},
	} {
		_, err := findIDMaps(files[0], files[1], uid, gid)
		if fault.SideOf(err) != fault.Infrastructure || !strings.Contains(err.Error(), "has no line for 4321") ||
			!strings.Contains(fault.HintOf(err), "apt-get install uidmap, and a line 4321:") {
			t.Errorf("%s: %v (%s)", name, err, fault.HintOf(err))
		}
	}
	if _, err := findIDMaps(dir, gids, uid, gid); fault.SideOf(err) != fault.Infrastructure || !strings.Contains(err.Error(), syscall.EISDIR.Error()) {
		t.Errorf("a file that cannot be read: %v", err)
	}
}
