package test_test

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/engine/docker"
	"github.com/retort-ci/retort/pkg/engine/docker/dockertest"
	"github.com/retort-ci/retort/pkg/internal/probe"
	"github.com/retort-ci/retort/pkg/step/test"
)

func TestMain(m *testing.M) {
	code, err := dockertest.Examples(m, flag.Set, "/example-test/")
	if err != nil {
		log.Fatal(err)
	}
	os.Exit(code)
}

// A suite asks a service for an answer, once the service is healthy. Its exit
// code is the verdict, and its report comes out of the container.
func Example() {
	ctx := context.Background()
	eng, err := docker.New(docker.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer eng.Close()
	image := probeImage(ctx, eng)
	reports, err := os.MkdirTemp("", "reports")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(reports)

	result, err := test.Run(ctx, eng, test.Options{Reports: reports, Suites: []test.Suite{{
		Name: "e2e",
		Container: engine.ContainerSpec{
			Image: image, Cmd: []string{"/probe", "get", "http://orders:8080/", ";", "write", "/reports/e2e.xml", "<testsuite><testcase name='asks'/></testsuite>"},
		},
		DependsOn: []test.Dependency{{Service: "orders", Condition: test.Healthy}},
		Services: []test.Service{{
			Name:      "orders",
			Container: engine.ContainerSpec{Image: image, Cmd: []string{"/probe", "serve", ":8080"}},
			Health: &test.Health{
				Probe:    []string{"/probe", "get", "http://127.0.0.1:8080/", "1s"},
				Interval: 100 * time.Millisecond, Retries: 50,
			},
		}},
		Reports: []string{"/reports/*.xml"},
		Timeout: time.Minute,
	}}})
	if err != nil {
		log.Fatal(err)
	}
	for _, o := range result.Suites {
		fmt.Println(o.Suite, o.Verdict)
		for _, path := range o.Reports {
			fmt.Println(filepath.Base(path))
		}
	}
	// Output:
	// e2e passed
	// e2e.xml
}

// probeImage is an image of nothing but the program that tests run.
func probeImage(ctx context.Context, eng engine.Builder) string {
	path, err := probe.Compile()
	if err != nil {
		log.Fatal(err)
	}
	dir, name := filepath.Split(path)
	built, err := eng.Build(ctx, engine.BuildSpec{
		Context: dir, Inline: "FROM scratch\nCOPY " + name + " /probe\n", Tags: []string{"retort.local/example-test/probe:1"},
	})
	if err != nil {
		log.Fatal(err)
	}
	return built.ID
}
