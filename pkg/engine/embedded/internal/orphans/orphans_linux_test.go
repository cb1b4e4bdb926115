package orphans_test

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/retort-ci/retort/pkg/engine/embedded/internal/orphans"
)

// A container's process whose parent was killed is reaped when it ends; one's own
// children are left to who waits for them.
func TestReap(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("it makes a pid namespace")
	}
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0) }()
	orphans.Reap()
	parent := exec.CommandContext(t.Context(), "unshare", "--pid", "--fork", "sh", "-c", "echo begun; exec sleep 1000")
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "begun\n" {
		t.Fatalf("it said %q, %v", line, err)
	}
	child := childOf(t, parent.Process.Pid)
	_ = parent.Process.Kill()
	if err := parent.Wait(); err == nil || parent.ProcessState == nil || parent.ProcessState.Success() {
		t.Errorf("the parent ended by itself: %v", err)
	}
	if err := unix.Kill(child, unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for end := time.Now().Add(10 * time.Second); !errors.Is(unix.Kill(child, 0), unix.ESRCH); <-ticker.C {
		if time.Now().After(end) {
			t.Fatal("nobody has reaped it")
		}
	}
}

func childOf(t *testing.T, pid int) int {
	t.Helper()
	id := strconv.Itoa(pid)
	children, err := os.ReadFile("/proc/" + id + "/task/" + id + "/children")
	if err != nil {
		t.Fatal(err)
	}
	child, err := strconv.Atoi(strings.TrimSpace(string(children)))
	if err != nil {
		t.Fatal(err)
	}
	return child
}
