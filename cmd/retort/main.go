// Command retort takes a container image from Dockerfile to production through
// CI: build, test in containers, push, promote.
package main

import (
	"context"
	"os"

	_ "github.com/retort-ci/retort/cmd/retort/early" // to wait for a second self needs nothing of all else
	"github.com/retort-ci/retort/pkg/mask"
)

func main() {
	quietLibraries()
	ctx, interrupted := onSignals(context.Background())
	secrets := mask.NewSet()
	err := newApp(os.Stdout, os.Stderr, secrets).RunContext(ctx, flagsFirst(os.Args))
	stderr := mask.NewWriter(os.Stderr, secrets)
	code := exitCode(stderr, err, interrupted())
	_ = stderr.Close()
	os.Exit(code)
}
