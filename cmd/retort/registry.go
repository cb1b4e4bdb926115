package main

import (
	"context"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/registry/serve"
)

func registryCommand() *cli.Command {
	return &cli.Command{
		Name:  "registry",
		Usage: "the embedded registry",
		Subcommands: []*cli.Command{{
			Name:  "serve",
			Usage: "serve a registry from a directory until stopped",
			Description: `Prints the address it listens on, then serves. What was pushed is on disk and
still there after a restart.

   retort registry serve --dir /var/lib/registry --addr 127.0.0.1:5000

Exit codes: 2 the directory or address cannot be used, 130 and 143 stopped.`,
			Flags: []cli.Flag{
				&cli.StringFlag{Name: "dir", Usage: "keep everything in `DIR`", EnvVars: []string{"RETORT_REGISTRY_DIR"}},
				&cli.StringFlag{Name: "addr", Usage: "listen on `HOST:PORT`; port 0 takes a free one", Value: serve.DefaultAddr, EnvVars: []string{"RETORT_REGISTRY_ADDR"}},
			},
			Action: action(runRegistryServe),
		}},
	}
}

func runRegistryServe(ctx context.Context, s *session) error {
	if err := noArgs(s.cli); err != nil {
		return err
	}
	if s.cli.String("dir") == "" {
		return fault.New(fault.Usage, "retort registry serve --dir /var/lib/registry", "where to? --dir is missing")
	}
	server, err := serve.Listen(ctx, serve.Options{Dir: s.cli.String("dir"), Addr: s.cli.String("addr")})
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(s.cli.App.Writer, server.Addr()); err != nil {
		return err
	}
	return server.Wait()
}
