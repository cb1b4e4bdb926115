package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// An abort in the middle of a stage, as often as that, must end the step with
// 143 in less than that, and leave nothing.
const (
	aborts      = 20
	abortsShort = 5 // -short
	abortLimit  = 4 * time.Second
)

// lingering has a suite whose containers heed no signal, and a service whose build
// does not either.
const lingering = `name: $PROJECT
services:
  app:
    build: .
    image: $REGISTRY/shop/app
    command: [/probe, serve, ":8080", 100ms]
  slow:
    build: slow
  $PROJECT:
    build: .
    depends_on: [app]
    command: [/probe, echo, begun, ;, hang]
    volumes: [/scratch]
    x-retort: { verifies: [app] }
x-retort:
  environments:
    staging: { requires: [] }
`

// TestAbort aborts each stage in its middle.
func TestAbort(t *testing.T) {
	uploads := func(r *http.Request) bool {
		return (r.Method == http.MethodPatch || r.Method == http.MethodPut) && strings.Contains(r.URL.Path, "/blobs/uploads/")
	}
	moves := func(r *http.Request) bool {
		return r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/manifests/staging")
	}
	for _, stage := range []struct {
		name, script string
		prepare      []string                 // retort commands
		waits        func(*http.Request) bool // requests that the registry never answers
		text         string                   // of the log, in the middle
		aborts       int
	}{
		{name: "test", script: "exec retort test", prepare: []string{"build app"}, text: "| begun", aborts: aborts},
		{name: "build", script: "exec retort build slow", text: "| begun", aborts: aborts},
		{name: "push", script: "exec retort push --untested", prepare: []string{"build app"}, waits: uploads, text: "==> push", aborts: aborts},
		{name: "promote", script: "exec retort promote --to staging", prepare: []string{"build app", "push --untested"}, waits: moves, text: "==> promote", aborts: aborts},
		// Without exec the shell waits for retort and hands on its exit code.
		{name: "no exec", script: "retort test\necho not reached", prepare: []string{"build app"}, text: "| begun", aborts: 3},
	} {
		t.Run(stage.name, func(t *testing.T) {
			t.Parallel()
			reg := newStalling(t, stage.waits)
			w := newWorkspace(t, reg.addr, map[string]string{"compose.yaml": lingering, "Dockerfile": probeDockerfile})
			w.slowBuild(t)
			for _, args := range stage.prepare {
				w.run(t, strings.Fields(args)...)
			}
			agent := w.jenkinsOf(t)
			reg.stalls.Store(true)
			var longest time.Duration
			if testing.Short() {
				stage.aborts = min(stage.aborts, abortsShort)
			}
			for n := range stage.aborts {
				reg.forget()
				step := agent.start(t, stage.script, false)
				step.until(t, stage.text)
				if stage.waits != nil {
					reg.reached(t, step)
				}
				took := step.abort()
				longest = max(longest, took)
				log := step.text(t)
				if step.code != 143 || took > abortLimit || strings.Contains(log, "not reached") {
					t.Fatalf("abort %d: exit code %d after %s, want 143 within %s:\n%s", n+1, step.code, took, abortLimit, log)
				}
				w.left(t)
				if found := running(w.project); len(found) > 0 {
					t.Fatalf("abort %d: still running: %q", n+1, found)
				}
			}
			t.Logf("%d aborts, the longest took %s", stage.aborts, longest)
		})
	}
}

// slowBuild adds the Dockerfile whose build never ends by itself.
func (w *workspace) slowBuild(t *testing.T) {
	t.Helper()
	if err := os.Mkdir(filepath.Join(w.dir, "slow"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"probe", "unique"} {
		if err := os.Link(filepath.Join(w.dir, name), filepath.Join(w.dir, "slow", name)); err != nil {
			t.Fatal(err)
		}
	}
	w.write(t, "slow/Dockerfile", probeDockerfile+`RUN ["/probe", "echo", "begun", ";", "hang", "`+w.project+`"]`+"\n")
}
