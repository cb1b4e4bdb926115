package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/engine/buildkit/buildkitdtest"
)

// onRemote is a project with a suite beside a service.
const onRemote = `name: $PROJECT
services:
  app:
    build: .
    image: $REGISTRY/shop/app
    command: [/probe, serve, ":8080"]
    healthcheck: { test: [CMD, /probe, get, "http://127.0.0.1:8080/", 100ms], interval: 100ms }
  e2e:
    build: .
    depends_on: { app: { condition: service_healthy } }
    command: [/probe, get, "http://app:8080/"]
    x-retort: { verifies: [app] }
x-retort:
  environments: { staging: {} }
`

// The same commands take an image through a BuildKit daemon, with one digest all the
// way, and nobody asks for Docker.
func TestPipelineOnRemote(t *testing.T) {
	t.Parallel()
	daemon := buildkitdtest.Start(t, buildkitdtest.Options{Bridge: true})
	reg := newBlocking(t, func(*http.Request) bool { return false })
	w := newWorkspace(t, reg.addr, map[string]string{"compose.yaml": onRemote, "Dockerfile": probeDockerfile})
	w.vars = append(w.vars, "RETORT_ENGINE="+daemon.Address, "DOCKER_HOST=unix:///nonexistent/docker.sock")
	w.run(t, "build")
	if got := w.run(t, "test"); got != "e2e passed" {
		t.Errorf("the suite: %q", got)
	}
	pushed := w.run(t, "push")
	if !strings.HasPrefix(pushed, reg.addr+"/shop/app@sha256:") {
		t.Errorf("pushed %q", pushed)
	}
	if got := w.run(t, "promote", "--to", "staging"); got != pushed {
		t.Errorf("promoted %q, pushed %q", got, pushed)
	}
	if got := reg.digest(t, "shop/app:staging"); got != pushed {
		t.Errorf("staging is %q, pushed %q", got, pushed)
	}
}
