package retort_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/internal/versus"
)

// BenchmarkVersusWeight is about what one pays for having BuildKit in the program:
// the size of a binary, and the memory of a build without its RUN steps.
func BenchmarkVersusWeight(b *testing.B) {
	for _, arch := range []string{"amd64", "arm64"} {
		binary := release(b, arch)
		info, err := os.Stat(binary)
		if err != nil {
			b.Fatal(err)
		}
		versus.Amount{Work: "retort for linux/" + arch + ", stripped", Unit: "MB", Got: int(info.Size() / 1e6), Limit: 60}.Report(b)
	}
	p := newBuildBench(b)
	cmd := exec.CommandContext(b.Context(), p.binary, "build", "-t", p.ref("weighed"), p.context, "--push")
	cmd.Env = append(os.Environ(), "RETORT_ENGINE=embedded", "RETORT_STATE_DIR="+p.fresh())
	p.must(cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	versus.Amount{
		Work: "build of three stages without a daemon, memory", Unit: "MB", Got: int(highest(b, cmd.Process.Pid, ended) >> 10), Limit: 120,
	}.Report(b)
}

// highest is the most memory that the process or a child of it had at a time, in kB,
// as far as that was seen before it ended. What the kernel tells of an ended process
// is no help: it has the memory of whoever started it in it.
func highest(b *testing.B, pid int, ended <-chan error) (most int64) {
	b.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		children, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid)) // none when it is over
		for _, one := range append(strings.Fields(string(children)), strconv.Itoa(pid)) {
			status, _ := os.ReadFile("/proc/" + one + "/status")
			_, after, _ := strings.Cut(string(status), "VmHWM:")
			var kB int64
			_, _ = fmt.Sscanf(after, "%d", &kB)
			most = max(most, kB)
		}
		select {
		case err := <-ended:
			if err != nil || most == 0 {
				b.Fatalf("%v, %d kB", err, most)
			}
			return most
		case <-tick.C:
		}
	}
}

// release builds retort as it is released.
func release(b *testing.B, arch string) (binary string) {
	b.Helper()
	binary = filepath.Join(b.TempDir(), "retort")
	cmd := exec.CommandContext(b.Context(), "go", "build", "-trimpath", "-ldflags=-s -w", "-o", binary, "github.com/retort-ci/retort/cmd/retort")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+arch)
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	return binary
}
