package gatewayrun_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/moby/buildkit/client"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/engine/buildkit/buildkitdtest"
	"github.com/retort-ci/retort/pkg/internal/probe"
)

func connect(t *testing.T, d *buildkitdtest.Daemon) *images {
	t.Helper()
	conn, err := client.New(t.Context(), d.Address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return newImages(conn)
}

// start starts the probe in a container that is removed with the test.
func (i *images) start(t *testing.T, spec engine.ContainerSpec) engine.Container {
	t.Helper()
	if spec.Image == "" {
		spec.Image = probe.Image(t, i, nil)
	}
	c, err := i.Start(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Remove(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return c
}

// run gives what the probe printed, stderr after stdout.
func (i *images) run(t *testing.T, spec engine.ContainerSpec) (int, string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	spec.Stdout, spec.Stderr = &stdout, &stderr
	code, err := i.start(t, spec).Wait(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return code, stdout.String() + stderr.String()
}

// soon waits until nothing is found, and fails with what is found still.
func soon(t *testing.T, what string, find func() []string) {
	t.Helper()
	var left []string
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if left = find(); len(left) == 0 {
			return
		}
	}
	t.Errorf("%s: %v", what, left)
}

// executing are mounts that the daemon has made for containers.
func executing(d *buildkitdtest.Daemon) []string {
	var all []string
	found, _ := filepath.Glob("/proc/[0-9]*/mounts")
	for _, f := range found {
		cmdline, err := os.ReadFile(filepath.Join(filepath.Dir(f), "cmdline"))
		if err != nil || !strings.Contains(string(cmdline), "buildkitd\x00") || !strings.Contains(string(cmdline), strings.TrimPrefix(d.Address, "unix://")) {
			continue
		}
		text, _ := os.ReadFile(f)
		for line := range strings.Lines(string(text)) {
			if strings.Contains(line, "/executor/") || strings.Contains(line, "buildkit-mount") {
				all = append(all, line)
			}
		}
	}
	return all
}

// groups are the names of containers that have control groups.
func groups(d *buildkitdtest.Daemon) []string {
	var all []string
	for _, pattern := range []string{"/sys/fs/cgroup/", "/sys/fs/cgroup/*/"} {
		found, _ := filepath.Glob(pattern + d.Group() + "/buildkit/*")
		for _, f := range found {
			if info, err := os.Stat(f); err == nil && info.IsDir() {
				all = append(all, filepath.Base(f))
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
