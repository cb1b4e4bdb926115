package main

import (
	"context"
	"fmt"

	"github.com/docker/go-units"
	"github.com/urfave/cli/v2"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/retort"
)

// engineFlags choose the engine and say where the embedded one keeps its files.
func engineFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "engine", Usage: "`NAME` of the engine: auto, docker, embedded, or a BuildKit daemon's address, tcp://… or unix://… (default: auto)", EnvVars: []string{"RETORT_ENGINE"}},
		&cli.StringFlag{Name: "state-dir", Usage: "the embedded engine, and one at an address, keep images and caches in `DIR` (default: below the user's cache directory)", EnvVars: []string{"RETORT_STATE_DIR"}},
		&cli.StringFlag{Name: "cache-size", Usage: "which are at most `BYTES`, as 5GB (default: 10GB, or a tenth of the disk)", EnvVars: []string{"RETORT_CACHE_SIZE"}},
	}
}

// readCacheSize reads --cache-size.
func (s *session) readCacheSize() error {
	text := s.cli.String("cache-size")
	if text == "" {
		return nil
	}
	size, err := units.FromHumanSize(text)
	if err != nil || size <= 0 {
		return fault.New(fault.Usage, "--cache-size 5GB", "%q is no number of bytes", text)
	}
	s.cacheSize = size
	return nil
}

// secondSelf is how the run of a command ended that went on as another process,
// which has said all there is to say.
type secondSelf struct{ code int }

// Error names the exit code.
func (e *secondSelf) Error() string { return fmt.Sprintf("ended with exit code %d", e.code) }

// onEngine is an action of a command that works on an engine. Where that is the
// embedded one, the command goes on as process 1 of namespaces of its own, and
// this process waits for it: nothing outlives it then, however it ends.
func onEngine(run func(ctx context.Context, s *session) error) cli.ActionFunc {
	return func(c *cli.Context) error {
		s := &session{cli: c}
		if err := s.readCacheSize(); err != nil {
			return err
		}
		var err error
		if s.engine, err = retort.ChooseEngine(c.Context, s.options()); err != nil {
			return err
		}
		if s.engine.Embedded() {
			code, done, err := enter(c.Context)
			if err != nil {
				return err
			}
			if done {
				return &secondSelf{code}
			}
		}
		return s.do(run)
	}
}
