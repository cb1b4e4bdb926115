package push_test

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"strings"
	"testing"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/engine/docker"
	"github.com/retort-ci/retort/pkg/engine/docker/dockertest"
	"github.com/retort-ci/retort/pkg/registry"
	"github.com/retort-ci/retort/pkg/registry/serve"
	"github.com/retort-ci/retort/pkg/step/push"
)

func TestMain(m *testing.M) {
	code, err := dockertest.Examples(m, flag.Set, "/example-push/")
	if err != nil {
		log.Fatal(err)
	}
	os.Exit(code)
}

// An image of the engine gets two names in a registry: one export, one digest.
func Example() {
	ctx := context.Background()
	eng, err := docker.New(docker.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer eng.Close()
	built, err := eng.Build(ctx, engine.BuildSpec{Context: "testdata/example", Tags: []string{"retort.local/example-push/orders:1"}})
	if err != nil {
		log.Fatal(err)
	}

	addr, stop := serveRegistry(ctx)
	defer stop()
	result, err := push.Run(ctx, eng, registry.New(registry.Options{}), push.Options{Images: []push.Image{{
		Service: "orders", ID: built.ID, Bases: built.Bases,
		Refs: []string{addr + "/shop/orders:git-c0ffee", addr + "/shop/orders:main"},
	}}})
	if err != nil {
		log.Fatal(err)
	}
	for _, img := range result.Images {
		fmt.Println(img.Service, "has a digest:", strings.HasPrefix(img.Ref(), addr+"/shop/orders@sha256:"))
		for _, ref := range img.Refs {
			fmt.Println(strings.TrimPrefix(ref, addr))
		}
	}
	// Output:
	// orders has a digest: true
	// /shop/orders:git-c0ffee
	// /shop/orders:main
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
