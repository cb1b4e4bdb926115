package build_test

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
	"github.com/retort-ci/retort/pkg/step/build"
)

func TestMain(m *testing.M) {
	code, err := dockertest.Examples(m, flag.Set, "/example-build/")
	if err != nil {
		log.Fatal(err)
	}
	os.Exit(code)
}

// Two images of one Dockerfile: the builder shares what they have in common.
func Example() {
	ctx := context.Background()
	eng, err := docker.New(docker.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer eng.Close()

	result, err := build.Run(ctx, eng, build.Options{Services: []build.Service{
		{Name: "orders", Spec: engine.BuildSpec{
			Context: "testdata/example", Target: "run", Tags: []string{"retort.local/example-build/orders:1"},
		}},
		{Name: "orders-docs", Spec: engine.BuildSpec{
			Context: "testdata/example", Target: "docs", Tags: []string{"retort.local/example-build/docs:1"},
		}},
	}})
	if err != nil {
		log.Fatal(err)
	}
	for _, img := range result.Images {
		fmt.Println(img.Service, "is an image:", strings.HasPrefix(img.ID, "sha256:"))
	}
	// Output:
	// orders is an image: true
	// orders-docs is an image: true
}
