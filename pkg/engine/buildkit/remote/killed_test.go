package remote_test

import (
	"bufio"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/engine/buildkit/buildkitdtest"
	"github.com/retort-ci/retort/pkg/engine/buildkit/remote"
	"github.com/retort-ci/retort/pkg/internal/probe"
	"github.com/retort-ci/retort/pkg/progress"
)

// A client that is killed in a RUN, and one in the middle of an export, leave
// nothing that later builds stumble over, and the store can be collected.
func TestKilledClient(t *testing.T) {
	if host := os.Getenv("KILLED_CLIENT_HOST"); host != "" {
		clientToKill(t, host)
		return
	}
	t.Parallel()
	d, dir := buildkitdtest.Start(t, buildkitdtest.Options{}), t.TempDir()
	context := probe.Context(t, probe.Dockerfile+"RUN [\"/probe\",\"echo\",\"now\",\"it runs\",\";\",\"sleep\",\"2s\"]\n", nil)
	for _, when := range []string{"it runs", "exporting"} {
		child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilledClient$", "-test.v")
		child.Env = append(os.Environ(), "KILLED_CLIENT_HOST="+d.Address, "KILLED_CLIENT_DIR="+dir, "KILLED_CLIENT_CONTEXT="+context)
		stdout, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		seen := false
		for lines := bufio.NewScanner(stdout); !seen && lines.Scan(); {
			seen = strings.HasPrefix(lines.Text(), "> ") && strings.Contains(lines.Text(), when)
		}
		if err := child.Process.Kill(); err != nil || !seen {
			t.Fatalf("killed %v: %v", when, err)
		}
		_ = child.Wait()
	}
	e := open(t, remote.Options{Host: d.Address, StateDir: dir})
	built := build(t, e, engine.BuildSpec{Context: context, Tags: []string{"killed:1"}})
	if info, err := e.InspectImage(t.Context(), "killed:1"); err != nil || info.ID != built.ID {
		t.Errorf("inspected %+v, %v", info, err)
	}
	if err := e.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(dir + "/ingest"); !os.IsNotExist(err) {
		t.Errorf("what was begun to be written is left: %v", err)
	}
}

// clientToKill builds, and prints what it is told of it.
func clientToKill(t *testing.T, host string) {
	t.Helper()
	e := open(t, remote.Options{Host: host, StateDir: os.Getenv("KILLED_CLIENT_DIR")})
	_, _ = e.Build(t.Context(), engine.BuildSpec{
		Context: os.Getenv("KILLED_CLIENT_CONTEXT"),
		Progress: progress.Func(func(e progress.Event) {
			_, _ = os.Stdout.WriteString("> " + e.Task + " " + e.Text + "\n")
		}),
	})
}
