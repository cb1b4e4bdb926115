package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain makes this test binary the retort command as well: scripts and the
// tests of signals start it as a process of its own, through the real main.
func TestMain(m *testing.M) {
	testscript.Main(withProbe{m}, map[string]func(){"retort": main})
}

// withProbe compiles the program that test images consist of, a static one of
// many abilities (pkg/internal/probe), and runs the tests with its path in
// $PROBE.
type withProbe struct{ tests *testing.M }

// Run gives the exit code.
func (p withProbe) Run() int {
	dir, err := os.MkdirTemp("", "retort-test")
	if err == nil {
		defer func() { _ = os.RemoveAll(dir) }()
		err = compileProbe(filepath.Join(dir, "probe"))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return p.tests.Run()
}

func compileProbe(path string) error {
	build := exec.CommandContext(context.Background(), "go", "build", "-trimpath", "-ldflags=-s -w", "-o", path,
		"github.com/retort-ci/retort/pkg/internal/probe/cmd")
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOFLAGS=")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("compile the probe: %w\n%s", err, out)
	}
	return os.Setenv("PROBE", path)
}

// ownProbe is the probe with a project's name behind its end, where nothing reads
// it: an image of it comes out of no other project's build cache. BuildKit knows a
// file by its content, and would put in a layer that has another's time of it.
func ownProbe(project string) ([]byte, error) {
	program, err := os.ReadFile(os.Getenv("PROBE"))
	return append(program, project...), err
}
