package main

import (
	"cmp"
	"context"
	"io"
	"log"
	"os"

	"github.com/sirupsen/logrus"
	"github.com/urfave/cli/v2"

	"github.com/retort-ci/retort/pkg/ci"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/mask"
)

const description = `retort takes container images from Dockerfile to production through CI, as one
digest: build, test in containers, push, promote. The project is a compose.yaml
with x-retort in it, or a lone Dockerfile.

stdout carries the result alone, stderr the rest. Exit codes: 0 done, 1
unexpected, 2 usage or configuration, 3 tests failed, 4 policy refused, 5 engine,
registry or network unavailable, 130 and 143 interrupted, after cleaning up.

Without a command, in a step of Drone or Woodpecker that has the settings of
plugins/docker, it builds and pushes that step's image.`

// secretsKey is where the app keeps the secrets that output must not show.
const secretsKey = "secrets"

// newApp builds the command. It reads nothing and connects to nothing. What
// its commands find to be secret is added to secrets.
func newApp(stdout, stderr io.Writer, secrets *mask.Set) *cli.App {
	app := &cli.App{
		Name:        "retort",
		Usage:       "build, test, push and promote container images",
		Description: description,
		Writer:      stdout,
		ErrWriter:   stderr,
		Metadata:    map[string]any{secretsKey: secrets},
		Flags:       commonFlags(),
		Commands: []*cli.Command{
			buildCommand(), testCommand(), pushCommand(), promoteCommand(), rollbackCommand(), verifyCommand(),
			historyCommand(), statusCommand(), runCommand(), initCommand(), registryCommand(), completionCommand(), versionCommand(),
		},
		EnableBashCompletion: true,
		// Several values of one variable stand on lines of their own: a comma is
		// part of build arguments and globs.
		SliceFlagSeparator: "\n",
		HideVersion:        true,
		Suggest:            true,
		// Errors come back to main, which alone decides on the exit code.
		ExitErrHandler: func(*cli.Context, error) {},
		OnUsageError:   usageError,
		Action:         noCommand,
	}
	for _, c := range app.Commands {
		finish(c)
	}
	return app
}

// finish gives a command what all of them have.
func finish(c *cli.Command) {
	c.OnUsageError = usageError
	c.Flags = append(c.Flags, commonFlags()...)
	for _, sub := range c.Subcommands {
		sub.OnUsageError = usageError
		sub.Flags = append(sub.Flags, commonFlags()...)
	}
}

// usageError puts what urfave/cli found wrong on the usage side.
func usageError(c *cli.Context, err error, _ bool) error {
	return fault.Wrap(fault.Usage, err, cmp.Or(c.Command.HelpName, "retort")+" --help")
}

// noCommand is what runs when the first word is no command, or there is none.
func noCommand(c *cli.Context) error {
	if !c.Args().Present() {
		if isPlugin(os.Environ(), ci.Detect(os.Getenv).System) {
			return onEngine(func(ctx context.Context, s *session) error {
				return runPlugin(ctx, s, os.Environ(), os.Getenv)
			})(c)
		}
		return cli.ShowAppHelp(c)
	}
	word := c.Args().First()
	hint := "retort --help"
	if near := cli.SuggestCommand(c.App.Commands, word); near != "" {
		hint = near
	}
	return fault.New(fault.Usage, hint, "unknown command %q", word)
}

// quietLibraries discards what compose-go, BuildKit and net/http log by themselves:
// what matters of it comes back as warnings and errors.
func quietLibraries() {
	logrus.SetOutput(io.Discard)
	log.SetOutput(io.Discard)
}
