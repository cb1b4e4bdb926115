package owner

import (
	"io"
	"os"
	"os/exec"
	"runtime"
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/internal/outside"
)

func TestSelfLivesWhateverItsAge(t *testing.T) {
	o, ok := Parse(Self(time.Minute).Labels())
	if !ok {
		t.Fatal("own labels do not parse")
	}
	if o.Dead(24 * time.Hour) {
		t.Error("a living process was judged by its age")
	}
}

func TestDeadProcessIsDeadAtOnce(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "true")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	o := Self(time.Hour)
	start, err := startTime("/proc", cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	o.pid, o.start = cmd.Process.Pid, start
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	if !o.Dead(0) {
		t.Error("the process has ended, its things are left over")
	}
}

// A zombie has ended, though its parent has not asked yet.
func TestZombieIsDead(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "sh", "-c", "echo; exec sleep 60")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	o := Self(time.Hour)
	o.pid = cmd.Process.Pid
	if o.start, err = startTime("/proc", o.pid); err != nil {
		t.Fatal(err)
	}
	if o.Dead(0) {
		t.Error("the process runs")
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, out); err != nil { // its end is the process's
		t.Fatal(err)
	}
	for !o.Dead(0) && t.Context().Err() == nil {
		runtime.Gosched()
	}
	_ = cmd.Wait()
}

func TestGone(t *testing.T) {
	here := outside.Inside()
	cmd := exec.CommandContext(t.Context(), "true")
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	if !gone(here, cmd.Process.Pid) {
		t.Error("the process has ended")
	}
	if gone(here, os.Getpid()) || gone(here, 1) { // the first may not be ours to signal
		t.Error("a living process is gone")
	}
}

// A process ID is used again; the start time tells the two apart.
func TestReusedProcessIDIsDead(t *testing.T) {
	o := Self(time.Hour)
	o.start = "1"
	if !o.Dead(0) {
		t.Error("another process under the same ID was taken for the owner")
	}
}

func TestElsewhereOnlyTheAgeCounts(t *testing.T) {
	o := Self(time.Minute)
	o.boot = "another machine"
	o.pid = 1 << 22 // no such process here, which says nothing about there
	if o.Dead(59 * time.Second) {
		t.Error("a run of another machine was judged dead within its time to live")
	}
	if !o.Dead(61 * time.Second) {
		t.Error("a run of another machine outlives its time to live")
	}
}

func TestForeignLabelsAreNotOurs(t *testing.T) {
	for name, labels := range map[string]map[string]string{
		"none":    nil,
		"foreign": {"com.docker.compose.project": "shop"},
		"partial": {LabelRun: "x"},
		"garbage": {LabelRun: "x", labelPID: "one", labelTTL: "60"},
		"init":    {LabelRun: "x", labelPID: "-1", labelTTL: "60"},
	} {
		if _, ok := Parse(labels); ok {
			t.Errorf("%s: taken for retort's", name)
		}
	}
}
