package dockertest

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/docker/docker/client"

	"github.com/retort-ci/retort/pkg/engine/docker"
)

// Examples runs the tests of a package whose Examples need the daemon, and
// gives the exit code:
//
//	func TestMain(m *testing.M) {
//		code, err := dockertest.Examples(m, flag.Set, "/example/")
//		if err != nil {
//			log.Fatal(err)
//		}
//		os.Exit(code)
//	}
//
// An Example cannot skip itself: where no daemon answers, all are left out by
// go test's own flag, unless CI=true. At the end the images are removed whose
// name contains part, and a container of one of them is an error.
func Examples(m *testing.M, set func(flag, value string) error, part string) (int, error) {
	eng, err := connect()
	if err != nil {
		if os.Getenv("CI") == "true" {
			return 0, err
		}
		if err := set("test.skip", "^Example"); err != nil {
			return 0, err
		}
		return m.Run(), nil
	}
	code := m.Run()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	left, err := eng.RemoveNames(ctx, func(name string) bool { return strings.Contains(name, part) })
	if len(left) > 0 {
		err = fmt.Errorf("left on the engine: %v", left)
	}
	return code, err
}

// connect is Open where there is no test.
func connect() (*Engine, error) {
	eng, err := docker.New(docker.Options{Host: host()})
	if err != nil {
		return nil, err
	}
	api, err := client.NewClientWithOpts(client.FromEnv, client.WithAPIVersionNegotiation())
	if err != nil {
		return nil, err
	}
	_, err = eng.Describe(context.Background())
	return &Engine{Engine: eng, api: api}, err
}
