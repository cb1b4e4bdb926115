// Command retort takes a container image from Dockerfile to production through
// CI: build, test in containers, push, promote.
package main

import (
	"context"
	"io"
	"os"

	"github.com/sirupsen/logrus"

	"github.com/retort-ci/retort/pkg/mask"
)

func main() {
	logrus.SetOutput(io.Discard) // compose-go's; what matters comes back as warnings
	ctx, interrupted := onSignals(context.Background())
	secrets := mask.NewSet()
	err := newApp(os.Stdout, os.Stderr, secrets).RunContext(ctx, flagsFirst(os.Args))
	stderr := mask.NewWriter(os.Stderr, secrets)
	code := exitCode(stderr, err, interrupted())
	_ = stderr.Close()
	os.Exit(code)
}
