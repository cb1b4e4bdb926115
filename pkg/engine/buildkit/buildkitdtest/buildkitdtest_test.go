package buildkitdtest_test

import (
	"bufio"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/engine/buildkit/buildkitdtest"
	"github.com/retort-ci/retort/pkg/internal/probe"
)

// buildctl builds a RUN on the daemon.
func buildctl(t *testing.T, d *buildkitdtest.Daemon, more ...string) ([]byte, error) {
	t.Helper()
	dir := probe.Context(t, probe.Dockerfile+"RUN [\"/probe\",\"echo\",\"ran\"]\n", nil)
	args := []string{"--addr", d.Address}
	args = append(append(args, more...), "build", "--progress=plain", "--frontend=dockerfile.v0", "--local", "context="+dir, "--local", "dockerfile="+dir)
	return exec.CommandContext(t.Context(), d.Buildctl, args...).CombinedOutput()
}

func TestUnix(t *testing.T) {
	t.Parallel()
	d := buildkitdtest.Start(t, buildkitdtest.Options{})
	if out, err := buildctl(t, d); err != nil || !strings.HasPrefix(d.Address, "unix:///") {
		t.Errorf("build at %s: %v\n%s\n%s", d.Address, err, out, d.Log())
	}
}

// Who has no certificate is sent away.
func TestTLS(t *testing.T) {
	t.Parallel()
	d := buildkitdtest.Start(t, buildkitdtest.Options{TLS: true})
	if out, err := buildctl(t, d, "--tlsdir", d.Certs); err != nil {
		t.Errorf("build at %s: %v\n%s\n%s", d.Address, err, out, d.Log())
	}
	if out, err := buildctl(t, d); err == nil {
		t.Errorf("built without a certificate: %s", out)
	}
}

// After a kill in the middle of a RUN its process is gone, and its control groups;
// the daemon's mounts went with its namespace.
func TestKilled(t *testing.T) {
	t.Parallel()
	d := buildkitdtest.Start(t, buildkitdtest.Options{})
	// The marker is spelled so that the progress lines that show the command lack it.
	dir := probe.Context(t, probe.Dockerfile+"RUN [\"/probe\",\"echo\",\"now\",\"it runs\",\";\",\"hang\"]\n", nil)
	build := exec.CommandContext(t.Context(), d.Buildctl, "--addr", d.Address, "build", "--progress=plain", "--frontend=dockerfile.v0", "--local", "context="+dir, "--local", "dockerfile="+dir)
	stderr, err := build.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := build.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stderr)
	for lines.Scan() && !strings.HasSuffix(lines.Text(), "now it runs") {
		continue
	}
	if len(groups(t, d)) == 0 {
		t.Error("no control group while it runs")
	}
	d.Kill()
	_, _ = io.Copy(io.Discard, stderr)
	if err := build.Wait(); err == nil {
		t.Error("the build did not fail")
	}
	if left := groups(t, d); len(left) > 0 {
		t.Errorf("control groups are left: %q", left)
	}
}

func groups(t *testing.T, d *buildkitdtest.Daemon) []string {
	t.Helper()
	found, err := filepath.Glob("/sys/fs/cgroup/*/" + d.Group())
	if err != nil {
		t.Fatal(err)
	}
	return found
}
