package promote_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/google/go-containerregistry/pkg/v1/empty"

	"github.com/retort-ci/retort/pkg/registry"
	"github.com/retort-ci/retort/pkg/registry/serve"
	"github.com/retort-ci/retort/pkg/step/promote"
)

// A digest enters production once it has been in staging. Gates refuse by a
// verdict; errors are for what could not be told.
func Example() {
	ctx := context.Background()
	addr, stop := serveRegistry(ctx)
	defer stop()
	reg := registry.New(registry.Options{})
	repository := addr + "/shop/orders"
	candidate, err := reg.Push(ctx, empty.Image, repository+":git-c0ffee")
	if err != nil {
		log.Fatal(err)
	}

	afterStaging := promote.After{
		Registry: reg, Environment: "staging",
		Where: func(string) (string, string, error) { return repository, "staging", nil },
	}
	for _, to := range []struct {
		environment string
		gates       []promote.Gate
	}{
		{"production", []promote.Gate{afterStaging}},
		{"staging", nil},
		{"production", []promote.Gate{afterStaging}},
	} {
		result, err := promote.Run(ctx, reg, promote.Options{
			Edges: []promote.Edge{{
				Service: "orders", Environment: to.environment,
				From: candidate.Ref(), Repository: repository, Tag: to.environment,
			}},
			Gates:  to.gates,
			Record: registry.Record{Actor: "ann"},
		})
		if err != nil {
			log.Fatal(err)
		}
		for _, refusal := range result.Refusals() {
			fmt.Printf("%s: refused by %s; try: %s\n", to.environment, refusal.Gate, refusal.Remedy)
		}
		for _, move := range result.Moves {
			fmt.Printf("%s: moved %t\n", to.environment, move.Moved)
		}
	}
	// Output:
	// production: refused by after; try: retort promote orders --to staging
	// production: moved false
	// staging: moved true
	// production: moved true
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
