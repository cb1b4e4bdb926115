package main

import (
	"bufio"
	"crypto/rand"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/engine/docker/dockertest"
)

// workspace is a directory with a project whose names no other has.
type workspace struct {
	dir     string
	project string // also the name of its suite
	vars    []string
	engine  *dockertest.Engine
}

// newWorkspace makes a project of the files; $PROJECT in them is its name, and
// $REGISTRY the given one. Beside them are the files probe and unique.
func newWorkspace(t *testing.T, registry string, files map[string]string) *workspace {
	t.Helper()
	w := &workspace{dir: t.TempDir(), project: "cli-" + strings.ToLower(rand.Text()[:10]), engine: dockertest.Open(t)}
	w.vars = append(engineVars(),
		"PATH="+os.Getenv("PATH"), "HOME="+t.TempDir(), "GORACE=atexit_sleep_ms=0")
	for name, text := range files {
		w.write(t, name, strings.NewReplacer("$PROJECT", w.project, "$REGISTRY", registry).Replace(text))
	}
	w.write(t, "unique", w.project)
	program, err := ownProbe(w.project)
	if err == nil {
		err = os.WriteFile(filepath.Join(w.dir, "probe"), program, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cleanUp(t, w.engine, registry, w.project) })
	return w
}

func (w *workspace) write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(w.dir, name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// run runs retort to its end, which must be good, and gives its stdout.
func (w *workspace) run(t *testing.T, args ...string) string {
	t.Helper()
	cmd := w.command(t, args...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	stdout, err := cmd.Output()
	if err != nil {
		t.Fatalf("retort %s: %v\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return strings.TrimSpace(string(stdout))
}

func (w *workspace) command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "retort", args...)
	cmd.Dir, cmd.Env = w.dir, w.vars
	return cmd
}

// begin starts retort and returns when it has written a line that contains
// text to stderr.
func (w *workspace) begin(t *testing.T, text string, args ...string) *process {
	t.Helper()
	p := &process{cmd: w.command(t, args...), done: make(chan struct{})}
	stderr, err := p.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.cmd.Process.Kill() })
	begun := make(chan struct{})
	go p.read(stderr, text, begun)
	select {
	case <-begun:
	case <-p.done:
		t.Fatalf("retort %s ended too early:\n%s", strings.Join(args, " "), p.stderr.String())
	}
	return p
}

// left fails when a container or a network of the suite is on the engine, or a
// file in the workspace's scratch directory.
func (w *workspace) left(t *testing.T) {
	t.Helper()
	found, err := w.engine.OfSuite(t.Context(), w.project)
	if err != nil {
		t.Fatal(err)
	}
	for _, what := range append(found, w.scratch(t)...) {
		t.Errorf("left over: %s", what)
	}
}

// scratch names what is in .retort/tmp.
func (w *workspace) scratch(t *testing.T) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(w.dir, ".retort", "tmp", "*"))
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// process is a retort that runs.
type process struct {
	cmd    *exec.Cmd
	stderr strings.Builder
	done   chan struct{} // closed at the end of stderr
}

// read takes stderr to its end and closes begun at the line that contains text.
func (p *process) read(stderr io.Reader, text string, begun chan struct{}) {
	defer close(p.done)
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		p.stderr.WriteString(lines.Text() + "\n")
		if begun != nil && strings.Contains(lines.Text(), text) {
			close(begun)
			begun = nil
		}
	}
}

// end waits for the end and gives the exit code, -1 after a signal that was not
// caught.
func (p *process) end(t *testing.T) int {
	t.Helper()
	<-p.done
	err := p.cmd.Wait()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode()
	}
	if err != nil {
		t.Fatal(err)
	}
	return 0
}
