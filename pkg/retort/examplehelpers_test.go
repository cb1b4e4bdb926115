package retort_test

import (
	"context"
	"flag"
	"log"
	"os"
	"path/filepath"
	"testing"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/engine/docker"
	"github.com/retort-ci/retort/pkg/engine/docker/dockertest"
	"github.com/retort-ci/retort/pkg/internal/probe"
	"github.com/retort-ci/retort/pkg/registry/serve"
)

func TestMain(m *testing.M) {
	code, err := dockertest.Examples(m, flag.Set, "/example-shop/")
	if err != nil {
		log.Fatal(err)
	}
	os.Exit(code)
}

// compose is a project of one service, one suite and two environments.
const compose = `name: example-shop
services:
  orders:
    build: &build
      context: ${CONTEXT}
      dockerfile_inline: "FROM scratch\nCOPY ${PROBE} /probe\n"
    image: ${REGISTRY}/example-shop/orders
  unit:
    build: *build
    command: [/probe, exit, "0"]
    x-retort: { verifies: [orders] }
x-retort:
  environments:
    staging: {}
    production: { after: staging }
`

// shop gives a project's directory, the environment it is read in, and the
// function that removes both and ends the project's registry.
func shop(ctx context.Context) (dir string, env []string, done func()) {
	dir, err := os.MkdirTemp("", "shop")
	if err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "compose.yaml"), []byte(compose), 0o644); err != nil {
		log.Fatal(err)
	}
	program, err := probe.Compile()
	if err != nil {
		log.Fatal(err)
	}
	addr, stop := serveRegistry(ctx)
	// No more than that: a CI's own variables would give the images more names.
	env = []string{
		"REGISTRY=" + addr, "CONTEXT=" + filepath.Dir(program), "PROBE=" + filepath.Base(program),
		"DOCKER_HOST=" + os.Getenv("DOCKER_HOST"),
	}
	return dir, env, func() {
		stop()
		_ = os.RemoveAll(dir)
	}
}

// serveRegistry gives the address of a registry and the function that ends it.
func serveRegistry(ctx context.Context) (addr string, stop func()) {
	dir, err := os.MkdirTemp("", "registry")
	if err != nil {
		log.Fatal(err)
	}
	server, err := serve.Listen(ctx, serve.Options{Dir: dir, Addr: "127.0.0.1:0"})
	if err != nil {
		log.Fatal(err)
	}
	return server.Addr(), func() {
		_ = server.Close()
		_ = os.RemoveAll(dir)
	}
}

// plainImage builds an image of nothing but the program that tests run.
func plainImage(ctx context.Context) string {
	program, err := probe.Compile()
	if err != nil {
		log.Fatal(err)
	}
	eng, err := docker.New(docker.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = eng.Close() }()
	built, err := eng.Build(ctx, engine.BuildSpec{
		Context: filepath.Dir(program), Inline: "FROM scratch\nCOPY " + filepath.Base(program) + " /probe\n",
		Tags: []string{"retort.local/example-shop/plain:1"},
	})
	if err != nil {
		log.Fatal(err)
	}
	return built.ID
}
