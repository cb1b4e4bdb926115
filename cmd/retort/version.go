package main

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/urfave/cli/v2"
)

// version is set by the linker in a release: -ldflags "-X main.version=1.4.2".
var version string

func versionCommand() *cli.Command {
	return &cli.Command{
		Name:        "version",
		Usage:       "print the version",
		Description: "   retort version\n\nExit code: 0.",
		Action: func(c *cli.Context) error {
			if err := noArgs(c); err != nil {
				return err
			}
			_, err := fmt.Fprintf(c.App.Writer, "retort %s %s/%s %s\n", versionOf(), runtime.GOOS, runtime.GOARCH, runtime.Version())
			return err
		},
	}
}

// versionOf falls back to what the go command knows of the module.
func versionOf() string {
	module := ""
	if info, ok := debug.ReadBuildInfo(); ok {
		module = info.Main.Version
	}
	return cmp.Or(version, module, "(devel)")
}
