//go:build !race

package main

import (
	"context"
	"os"

	"github.com/retort-ci/retort/pkg/engine/embedded"
	"github.com/retort-ci/retort/pkg/retort"
)

// embedded gives what opens the engine of this process, with the session's flags.
func (s *session) embedded() func() (retort.Engine, error) {
	return func() (retort.Engine, error) {
		return embedded.New(embedded.Options{
			StateDir: s.cli.String("state-dir"), CacheSize: s.cacheSize,
			PlainHTTP: s.cli.StringSlice("plain-http"), Progress: s.ui,
		})
	}
}

// enter goes on as process 1 of namespaces of its own. In the first process done is
// true, and code is how that ended.
func enter(ctx context.Context) (code int, done bool, err error) {
	return embedded.EnterContext(ctx, embedded.Program{
		Args: os.Args, Env: os.Environ(), Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
	})
}
