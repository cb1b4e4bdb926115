package main

import (
	"crypto/rand"
	"math/big"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/engine/docker/dockertest"
)

// busy is a suite that has everything a run can leave: services, a network, a
// volume, files, a rerun.
const busy = `name: $PROJECT
services:
  app:
    build: .
    expose: [8080]
    command: [/probe, write, /data/a, b, ;, serve, ":8080", 100ms]
    volumes: [shared:/data, /scratch]
  idle:
    build: .
    command: [/probe, hang]
    configs: [note]
  $PROJECT:
    build: .
    depends_on: { app: { condition: service_healthy }, idle: { condition: service_started } }
    command: [/probe, sleep, 200ms, ;, exit, "1"]
    volumes: [shared:/data]
    x-retort: { verifies: [app], reports: ["/reports/*.xml"], retries: 1, shards: 2 }
configs:
  note: { content: hello }
volumes:
  shared: {}
`

// kills is how often a run is killed, and killers how many are at a time.
const (
	kills   = 50
	killers = 5
)

// Wherever a run is killed, the next one on the engine, of whatever project,
// removes what it left, and nothing that belongs to a living run.
func TestKilledAtRandom(t *testing.T) {
	t.Parallel()
	living := newWorkspace(t, "", map[string]string{"compose.yaml": hanging, "Dockerfile": probeDockerfile})
	living.run(t, "build")
	alive := living.begin(t, "| begun", "test")

	files := map[string]string{"compose.yaml": busy, "Dockerfile": probeDockerfile}
	killed := make([]*workspace, killers)
	for i := range killed {
		killed[i] = newWorkspace(t, "", files)
		killed[i].run(t, "build")
	}
	var wg sync.WaitGroup
	for _, w := range killed {
		wg.Go(func() {
			for range kills / killers {
				w.begin(t, "==> test", "test", "--no-cache").killAfter(t, atMost(t, 2500*time.Millisecond))
			}
		})
	}
	wg.Wait()
	// One that left something for certain, or nothing would be shown.
	killed[0].begin(t, "app listening", "test", "--no-cache").kill(t)
	if found, err := living.engine.OfSuite(t.Context(), killed[0].project); err != nil || len(found) < 5 {
		t.Fatalf("the killed run left %v (%v), want containers, networks and volumes", found, err)
	}

	other := newWorkspace(t, "", map[string]string{"compose.yaml": strings.Replace(hanging, "hang]", `exit, "0"]`, 1), "Dockerfile": probeDockerfile})
	other.run(t, "build")
	if got, want := other.run(t, "test"), other.project+" passed"; got != want {
		t.Errorf("printed %q, want %q", got, want)
	}
	other.left(t)
	for _, w := range killed {
		w.left(t)
	}
	if found, err := living.engine.OfSuite(t.Context(), living.project); err != nil || len(found) != 3 {
		t.Errorf("of the living run there are %v (%v), want two containers and a network", found, err)
	}
	alive.stop(t, 15)
	living.left(t)
}

// atMost is a random time up to that.
func atMost(t *testing.T, limit time.Duration) time.Duration {
	t.Helper()
	n, err := rand.Int(rand.Reader, big.NewInt(int64(limit)))
	if err != nil {
		t.Error(err)
		return 0
	}
	return time.Duration(n.Int64())
}

// killAfter kills the process some time from now, wherever it is by then; it may
// have ended.
func (p *process) killAfter(t *testing.T, d time.Duration) {
	t.Helper()
	timer := time.AfterFunc(d, func() { _ = p.cmd.Process.Kill() })
	defer timer.Stop()
	p.end(t)
}

// An engine that goes away in the middle is no failed test. What it could not be
// told to remove, the next run removes.
func TestEngineCut(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, "", map[string]string{"compose.yaml": hanging, "Dockerfile": probeDockerfile})
	w.run(t, "build")
	proxy := dockertest.NewProxy(t)
	direct := w.vars
	w.vars = append(slices.Clip(direct), "DOCKER_HOST="+proxy.Host())
	p := w.begin(t, "| begun", "test")
	proxy.Cut()
	if code := p.end(t); code != 5 {
		t.Errorf("exit code %d, want 5:\n%s", code, p.stderr.String())
	}
	if !strings.Contains(p.stderr.String(), "side: infrastructure") {
		t.Errorf("it does not say which side:\n%s", p.stderr.String())
	}
	w.vars = direct
	w.write(t, "compose.yaml", strings.NewReplacer("$PROJECT", w.project, "hang", `exit, "0"`).Replace(hanging))
	w.run(t, "test")
	w.left(t)
}
