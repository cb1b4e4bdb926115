package embedded_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/engine/embedded"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/internal/outside"
	"github.com/retort-ci/retort/pkg/internal/owner"
)

// A signal to the process outside comes to the second self, once, and its exit
// code is the program's.
func TestSignalAndExitCode(t *testing.T) {
	t.Parallel()
	a := start(t, "signal", "", t.TempDir())
	a.until(t, "waiting")
	if err := a.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	err := a.end()
	ended, ok := errors.AsType[*exec.ExitError](err)
	if !ok || ended.ExitCode() != 70 || strings.Join(a.lines, ",") != "waiting,terminated" {
		t.Errorf("%v after %q", err, a.lines)
	}
}

// A signal that comes when the second self is there, but has no handler for it yet,
// comes to it all the same.
func TestSignalAtTheStart(t *testing.T) {
	t.Parallel()
	for range 5 {
		a := start(t, "signal", "", t.TempDir())
		for !hasChild(t, a.Process.Pid) {
			runtime.Gosched()
		}
		if err := a.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		a.until(t, "terminated")
		if ended, ok := errors.AsType[*exec.ExitError](a.end()); !ok || ended.ExitCode() != 70 {
			t.Errorf("%v after %q", ended, a.lines)
		}
	}
}

func hasChild(t *testing.T, pid int) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("/proc", strconv.Itoa(pid), "task/*/children")) // proc(5)
	if err != nil || len(files) == 0 {
		t.Fatalf("process %d has no children: %v", pid, err)
	}
	for _, file := range files {
		if children, err := os.ReadFile(file); err == nil && len(children) > 0 {
			return true
		}
	}
	return false
}

// A program that was told to end does not begin.
func TestOverBeforeItBegan(t *testing.T) {
	t.Parallel()
	a := start(t, "over", "", t.TempDir())
	ended, ok := errors.AsType[*exec.ExitError](a.end())
	if !ok || ended.ExitCode() != 70 || strings.Join(a.lines, ",") != errOver.Error() {
		t.Errorf("%v after %q", ended, a.lines)
	}
}

// What a run leaves is known by the process outside: inside, every one is process 1.
func TestOwnerIsTheProcessOutside(t *testing.T) {
	t.Parallel()
	labels := owner.Self(time.Minute).Labels()
	if os.Getpid() != 1 || labels["dev.retort.pid"] == "1" || labels["dev.retort.pid"] != strconv.Itoa(outside.Self().PID) {
		t.Errorf("process %d is known as %v", os.Getpid(), labels)
	}
	o, ok := owner.Parse(labels)
	if !ok || o.Dead(24*time.Hour) {
		t.Errorf("%v is dead, or not read: %v", labels, ok)
	}
	for name, value := range map[string]string{"dev.retort.start": "1", "dev.retort.pid": "4194303"} {
		gone := owner.Self(time.Minute).Labels()
		gone[name] = value // another process under the same ID, and none
		if o, ok := owner.Parse(gone); !ok || !o.Dead(0) {
			t.Errorf("%v lives", gone)
		}
	}
}

// A second self's /proc is its own, and so is what it knows of runc's containers.
func TestNamespaces(t *testing.T) {
	t.Parallel()
	if inside := outside.Inside(); inside.PID != 1 || inside.Namespace == outside.Self().Namespace {
		t.Errorf("inside it is %+v, outside %+v", inside, outside.Self())
	}
	out, err := exec.CommandContext(t.Context(), "ls", "/proc/self/fd").Output()
	if err != nil || strings.Contains(string(out), "3\n4") {
		t.Errorf("a child has the descriptors %q, %v", out, err)
	}
}

// What the first self has set for the start of the second is not set for the programs
// that it starts, nor, once there was garbage to collect, for itself.
func TestGarbage(t *testing.T) {
	t.Parallel()
	if value, ok := os.LookupEnv("GOGC"); ok {
		t.Errorf("programs that are started get GOGC=%s", value)
	}
	percent := []metrics.Sample{{Name: "/gc/gogc:percent"}}
	for metrics.Read(percent); percent[0].Value.Uint64() != 100; metrics.Read(percent) {
		runtime.GC() // until its cleanup was run
		if t.Context().Err() != nil {
			t.Fatalf("garbage is collected at %d", percent[0].Value.Uint64())
		}
	}
}

func TestNoRunc(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := embedded.New(embedded.Options{StateDir: t.TempDir()})
	if fault.SideOf(err) != fault.Infrastructure || !strings.Contains(fault.HintOf(err), "apt-get install runc") {
		t.Errorf("error is %v (%s)", err, fault.HintOf(err))
	}
}
