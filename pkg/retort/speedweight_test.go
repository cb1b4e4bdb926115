package retort_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/retort-ci/retort/pkg/internal/versus"
)

// BenchmarkVersusWeight is about what one pays for having BuildKit in the program:
// the size of a binary, and the memory of a build. What RUN steps take is little here.
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
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage) // of the largest process below it, too
	if !ok {
		b.Fatal("the system does not tell how much memory it took")
	}
	versus.Amount{Work: "build of three stages without a daemon, memory", Unit: "MB", Got: int(usage.Maxrss >> 10), Limit: 120}.Report(b)
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
