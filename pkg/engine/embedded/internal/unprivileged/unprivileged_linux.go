package unprivileged

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/retort-ci/retort/pkg/internal/outside"
	"github.com/retort-ci/retort/pkg/internal/probe"
)

const (
	uid  = 54321 // the group's ID, too
	name = "retort-unprivileged"
)

// User is one for the time of a test.
type User struct{ home string }

// New makes the user, with a home directory in which there is the compiled probe. It
// skips where there can be none; where CI=true it fails.
func New(t *testing.T) User {
	t.Helper()
	if os.Geteuid() != 0 || !outside.Second() {
		t.Skip("to become another user wants root, in a mount namespace of its own")
	}
	for _, helper := range []string{"newuidmap", "newgidmap", "runc"} {
		if _, err := exec.LookPath(helper); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatal(err)
			}
			t.Skip(err)
		}
	}
	u := User{home: home(t)}
	known(t, "/etc/passwd", fmt.Sprintf("%s:x:%d:%[2]d::%s:/bin/sh\n", name, uid, u.home))
	for _, file := range []string{"/etc/subuid", "/etc/subgid"} {
		known(t, file, fmt.Sprintf("%s:%d:65536\n", name, 1<<20))
	}
	return u
}

// home is where all may go, unlike the directories of testing.T.
func home(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "retort-home-") //nolint:usetesting // see above
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	compiled := probe.Build(t)
	program, err := os.ReadFile(compiled)
	if err != nil {
		t.Fatal(err)
	}
	at := filepath.Join(dir, ".cache", filepath.Base(filepath.Dir(compiled)), filepath.Base(compiled))
	for _, sub := range []string{filepath.Dir(at), filepath.Join(dir, "tmp")} {
		if err := os.MkdirAll(sub, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(at, program, 0o755); err != nil { //nolint:gosec // it is a program
		t.Fatal(err)
	}
	give(t, dir)
	return dir
}

// Copy is the directory at a place of the user's.
func (u User) Copy(t *testing.T, dir string) string {
	t.Helper()
	to := filepath.Join(u.home, filepath.Base(t.TempDir())+filepath.Base(dir))
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	give(t, to)
	return to
}

// give makes the user the owner.
func give(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, uid, uid)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// known adds the line to a file of the machine's, for this mount namespace.
func known(t *testing.T, file, line string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(t.TempDir(), filepath.Base(file))
	if err := os.WriteFile(other, append(text, line...), 0o644); err != nil { //nolint:gosec // all read it
		t.Fatal(err)
	}
	if err := unix.Mount(other, file, "", unix.MS_BIND, ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(file, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
}

// Command is the program of this test, run by the user.
func (u User) Command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "/proc/self/exe", args...)
	cmd.Dir = u.home
	for _, v := range os.Environ() {
		if name, _, _ := strings.Cut(v, "="); !strings.HasPrefix(name, "XDG_") && !strings.HasPrefix(name, "RETORT_EMBEDDED_TEST_") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.Env = append(cmd.Env, "USER="+name, "HOME="+u.home, "TMPDIR="+filepath.Join(u.home, "tmp"), "PATH=/usr/bin:/bin")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: uid}}
	return cmd
}

// Tests runs those of this program's tests again whose names match.
func (u User) Tests(t *testing.T, names string, env ...string) {
	t.Helper()
	cmd := u.Command(t.Context(), "-test.v", "-test.run="+names)
	cmd.Env = append(cmd.Env, env...)
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS") {
		t.Errorf("%v\n%s", err, out)
	}
}
