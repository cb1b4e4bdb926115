package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/retort-ci/retort/pkg/engine/docker/dockertest"
)

// calls are the requests that change something on a daemon.
type calls struct {
	mu    sync.Mutex
	names []string
}

// take gives those since the last time whose paths have one of the texts.
func (c *calls) take(texts ...string) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := c.names
	c.names = nil
	return slices.DeleteFunc(all, func(name string) bool {
		return !slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(name, text) })
	})
}

// note keeps a request, unless it only asks.
func (c *calls) note(r *http.Request) {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.names = append(c.names, r.Method+" "+r.URL.Path)
}

// Suites that have passed on these very images take no container, no network and
// no volume.
func TestUnchangedProjectStartsNothing(t *testing.T) {
	t.Parallel()
	const suites = 10
	project := "name: $PROJECT\nvolumes: {data: {}}\nservices:\n  app: {build: ., command: [/probe, hang]}\n"
	for i := range suites {
		project += fmt.Sprintf("  s%d: {build: ., command: [/probe, exit, \"0\"], depends_on: [app], volumes: [data:/data], x-retort: {verifies: [app]}}\n", i)
	}
	w := newWorkspace(t, "", map[string]string{"compose.yaml": project, "Dockerfile": probeDockerfile})
	seen := &calls{}
	w.vars = append(w.vars, "DOCKER_HOST="+dockertest.Watch(t, seen.note))
	w.run(t, "build")
	first := w.run(t, "test")
	if made := seen.take("/containers/create"); len(made) != 2*suites {
		t.Errorf("%d containers were made, want one of each suite and one beside it", len(made))
	}
	again := w.run(t, "test")
	if made := seen.take("/containers/", "/networks/", "/volumes/"); len(made) > 0 {
		t.Errorf("nothing has changed, and still there were %q", made)
	}
	if strings.Count(again, " passed") != suites || again != first {
		t.Errorf("printed %q, and at first %q", again, first)
	}
}
