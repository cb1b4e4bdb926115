package probe_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/internal/probe"
)

func TestCommandsRunInOrder(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a", "b")
	cmd := exec.CommandContext(t.Context(), probe.Build(t),
		"write", file, "two", "words", ";", "cat", file, ";", "flood", "2", ";", "err", "bad", ";", "exit", "3", ";", "echo", "never")
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	exit, ok := errors.AsType[*exec.ExitError](cmd.Run())
	if !ok || exit.ExitCode() != 3 {
		t.Fatalf("ended with %v, want exit code 3", exit)
	}
	if got, want := stdout.String(), "two wordsline 1\nline 2\n"; got != want {
		t.Errorf("stdout %q, want %q", got, want)
	}
	if got, want := stderr.String(), "bad\n"; got != want {
		t.Errorf("stderr %q, want %q", got, want)
	}
}

func TestFailureStops(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), probe.Build(t), "exists", "/no/such", ";", "echo", "never").Output()
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok || exit.ExitCode() != 1 || len(out) != 0 {
		t.Errorf("gave %q and %v, want nothing and exit code 1", out, err)
	}
}

// Under the name of a command the program takes that one's arguments.
func TestNamedAsCommand(t *testing.T) {
	cat := filepath.Join(t.TempDir(), "cat")
	if err := os.Symlink(probe.Build(t), cat); err != nil {
		t.Fatal(err)
	}
	dir := probe.Context(t, "FROM scratch\n", map[string]string{"more": "text"})
	out, err := exec.CommandContext(t.Context(), cat, filepath.Join(dir, "Dockerfile"), filepath.Join(dir, "more")).Output()
	if err != nil || string(out) != "FROM scratch\ntext" {
		t.Errorf("printed %q, %v", out, err)
	}
}

func TestStat(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "private")
	out, err := exec.CommandContext(t.Context(), probe.Build(t), "mkdir", dir, "700", ";", "stat", dir).Output()
	if want := fmt.Sprintf("drwx------ %d %d\n", os.Getuid(), os.Getgid()); err != nil || string(out) != want {
		t.Errorf("printed %q, %v; want %q", out, err, want)
	}
}

func TestContext(t *testing.T) {
	dir := probe.Context(t, "FROM scratch\n", map[string]string{"sub/file": "text"})
	for name, want := range map[string]string{"Dockerfile": "FROM scratch\n", "sub/file": "text"} {
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(got) != want {
			t.Errorf("%s holds %q (%v), want %q", name, got, err, want)
		}
	}
	if info, err := os.Stat(filepath.Join(dir, probe.Name)); err != nil || info.Mode()&0o111 == 0 {
		t.Errorf("the program is not executable: %v %v", info, err)
	}
}
