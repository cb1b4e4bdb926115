package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/retort-ci/retort/pkg/engine/docker/dockertest"
	"github.com/retort-ci/retort/pkg/registry/serve"
)

const compose = `name: library-test
services:
  orders:
    build: .
    image: ${REGISTRY}/library-test/orders
  unit:
    build: .
    command: [/probe, exit, "${CODE}"]
    x-retort: { verifies: [orders] }
x-retort:
  environments:
    staging: {}
    production: { after: staging, repository: "${REGISTRY}/prod/{{.Service}}" }
`

// TestMain makes this test binary the program as well.
func TestMain(m *testing.M) { testscript.Main(m, map[string]func(){"library": main}) }

// The program runs on a project of its own, against the embedded registry: one
// digest, all the way.
func TestLibrary(t *testing.T) {
	eng := dockertest.Open(t)
	server, err := serve.Listen(t.Context(), serve.Options{Dir: t.TempDir(), Addr: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { removeImages(t, eng, server.Addr()) })
	dir := project(t)
	run := func(code string) (string, error) {
		cmd := exec.CommandContext(t.Context(), "library", dir)
		cmd.Env = append(os.Environ(), "REGISTRY="+server.Addr(), "CODE="+code)
		out, err := cmd.CombinedOutput()
		return strings.ReplaceAll(string(out), server.Addr(), "REGISTRY"), err
	}

	out, err := run("0")
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	pushed := regexp.MustCompile(`pushed REGISTRY/library-test/orders@(sha256:[0-9a-f]{64})\n`).FindStringSubmatch(out)
	if pushed == nil {
		t.Fatalf("no digest was pushed:\n%s", out)
	}
	want := `built orders ID
built unit ID
tested unit passed
pushed REGISTRY/library-test/orders@DIGEST
promoted REGISTRY/library-test/orders:staging DIGEST
promoted REGISTRY/prod/orders:production DIGEST
`
	got := regexp.MustCompile(`(built \w+) sha256:[0-9a-f]{64}`).ReplaceAllString(strings.ReplaceAll(out, pushed[1], "DIGEST"), "$1 ID")
	if got != want {
		t.Errorf("printed\n%s\nwant\n%s", got, want)
	}

	out, err = run("1")
	exit, failed := errors.AsType[*exec.ExitError](err)
	if !failed || exit.ExitCode() != 1 || !strings.Contains(out, "tested unit failed") || strings.Contains(out, "pushed") {
		t.Errorf("with a failing suite: %v\n%s", err, out)
	}
}

// project makes a directory with the compose file, a Dockerfile, and the program
// that its image consists of.
func project(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"compose.yaml": compose, "Dockerfile": "FROM scratch\nCOPY probe /probe\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	probe := exec.CommandContext(t.Context(), "go", "build", "-ldflags=-s -w", "-o", filepath.Join(dir, "probe"),
		"github.com/retort-ci/retort/pkg/internal/probe/cmd")
	probe.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOFLAGS=")
	if out, err := probe.CombinedOutput(); err != nil {
		t.Fatalf("compile the probe: %v\n%s", err, out)
	}
	return dir
}

func removeImages(t *testing.T, eng *dockertest.Engine, registry string) {
	t.Helper()
	left, err := eng.RemoveNames(context.WithoutCancel(t.Context()), func(name string) bool {
		return strings.HasPrefix(name, registry+"/") || strings.HasPrefix(name, "retort.local/library-test/")
	})
	if err != nil || len(left) > 0 {
		t.Errorf("left on the engine: %v (%v)", left, err)
	}
}
