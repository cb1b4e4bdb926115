package main

import (
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// hanging is a suite beside a service; neither ends by itself, nor by a polite
// signal.
const hanging = `name: $PROJECT
services:
  app:
    build: .
    command: [/probe, serve, ":8080"]
  $PROJECT:
    build: .
    depends_on: [app]
    command: [/probe, echo, begun, ;, hang]
    x-retort: { verifies: [app] }
`

const probeDockerfile = "FROM scratch\nCOPY probe unique /\n"

// A CI that aborts sends SIGTERM, often twice, and kills after five seconds.
// Ctrl-C is SIGINT.
func TestSignals(t *testing.T) {
	for name, signals := range map[string][]syscall.Signal{
		"SIGINT":        {syscall.SIGINT},
		"SIGTERM":       {syscall.SIGTERM},
		"SIGTERM twice": {syscall.SIGTERM, syscall.SIGTERM},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorkspace(t, "", map[string]string{"compose.yaml": hanging, "Dockerfile": probeDockerfile})
			w.run(t, "build")
			p := w.begin(t, "| begun", "test")
			if found, err := w.engine.OfSuite(t.Context(), w.project); err != nil || len(found) != 3 {
				t.Fatalf("two containers and a network should run, there are %v (%v)", found, err)
			}
			p.stop(t, signals...)
			w.left(t)
		})
	}
}

func TestSignalWhileBuilding(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, "", map[string]string{
		"compose.yaml": hanging,
		"Dockerfile":   probeDockerfile + `RUN ["/probe", "echo", "begun", ";", "hang"]` + "\n",
	})
	w.begin(t, "| begun", "build", "app").stop(t, syscall.SIGTERM)
	w.left(t)
}

func TestSignalWhilePushing(t *testing.T) {
	t.Parallel()
	reg := newBlocking(t, sendsBlob)
	w := newWorkspace(t, reg.addr, map[string]string{"compose.yaml": deployed, "Dockerfile": probeDockerfile})
	w.run(t, "build", "app")
	reg.beginThere(t, w, "push").stop(t, syscall.SIGTERM)
	w.left(t)
}

// stop sends the signals, one right after the other. The process must be gone
// in under four seconds, and its exit code not be taken for success.
func (p *process) stop(t *testing.T, signals ...syscall.Signal) {
	t.Helper()
	const limit = 4 * time.Second
	sent := time.Now()
	for _, s := range signals {
		if err := p.cmd.Process.Signal(s); err != nil {
			t.Fatal(err)
		}
	}
	code := p.end(t)
	if took := time.Since(sent); took > limit {
		t.Errorf("it took %s, want at most %s", took, limit)
	}
	if want := 128 + int(signals[0]); code != want {
		t.Errorf("exit code %d, want %d", code, want)
	}
	names := map[syscall.Signal]string{syscall.SIGINT: "SIGINT", syscall.SIGTERM: "SIGTERM"}
	last := slices.Collect(strings.Lines(p.stderr.String()))
	if want := "retort: stopped by " + names[signals[0]]; !strings.Contains(last[len(last)-1], want) {
		t.Errorf("last line is %q, want %q in it", last[len(last)-1], want)
	}
}
