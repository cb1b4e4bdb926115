package main

import "github.com/urfave/cli/v2"

// commonFlags are taken by every command, before or after its name: flagsFirst
// moves them behind it, so that a command's own context has them all.
func commonFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "C", Usage: "work in `DIR`", EnvVars: []string{"RETORT_DIR"}},
		&cli.StringSliceFlag{Name: "f", Usage: "compose `FILE`, relative to DIR; several are merged", EnvVars: []string{"RETORT_FILE"}},
		&cli.StringFlag{Name: "engine", Usage: "`NAME` of the engine: auto or docker", EnvVars: []string{"RETORT_ENGINE"}},
		&cli.StringFlag{Name: "mirror", Usage: "registry `HOST` that stands for Docker Hub in FROM", EnvVars: []string{"RETORT_MIRROR"}},
		&cli.StringSliceFlag{Name: "plain-http", Usage: "registry `HOST` to speak to without TLS, besides loopback", EnvVars: []string{"RETORT_PLAIN_HTTP"}},
		&cli.StringFlag{Name: "output", Usage: "result on stdout as `FORMAT`: text or json (default: text)", EnvVars: []string{"RETORT_OUTPUT"}},
		&cli.StringFlag{Name: "result-file", Usage: "write the result as JSON to `FILE` too", EnvVars: []string{"RETORT_RESULT_FILE"}},
		&cli.StringFlag{Name: "progress", Usage: "on stderr, `MODE`: auto, plain, tty or quiet (default: auto)", EnvVars: []string{"RETORT_PROGRESS"}},
	}
}

func parallelFlag(what string) cli.Flag {
	return &cli.IntFlag{Name: "parallel", Usage: "`N` " + what + " at once", EnvVars: []string{"RETORT_PARALLEL"}}
}

func dryRunFlag() cli.Flag {
	return &cli.BoolFlag{Name: "dry-run", Usage: "show what would be done, change nothing", EnvVars: []string{"RETORT_DRY_RUN"}}
}
