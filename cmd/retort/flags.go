package main

import (
	"os"

	"github.com/urfave/cli/v2"

	"github.com/retort-ci/retort/pkg/fault"
)

// commonFlags are taken by every command, before or after its name: flagsFirst
// moves them behind it, so that a command's own context has them all.
func commonFlags() []cli.Flag {
	return append([]cli.Flag{
		&cli.StringFlag{Name: "C", Usage: "work in `DIR`", EnvVars: []string{"RETORT_DIR"}},
		&cli.StringSliceFlag{Name: "f", Usage: "compose `FILE`, relative to DIR; several are merged", EnvVars: []string{"RETORT_FILE"}},
		&cli.StringFlag{Name: "mirror", Usage: "registry `HOST` that stands for Docker Hub in FROM", EnvVars: []string{"RETORT_MIRROR"}},
		&cli.StringSliceFlag{Name: "plain-http", Usage: "registry `HOST` to speak to without TLS, besides loopback", EnvVars: []string{"RETORT_PLAIN_HTTP"}},
		&cli.DurationFlag{Name: "retry-for", Usage: "try a registry's failed request again for `DURATION` (default: 2m)", EnvVars: []string{"RETORT_RETRY_FOR"}},
		&cli.StringFlag{Name: "output", Usage: "result on stdout as `FORMAT`: text or json (default: text)", EnvVars: []string{"RETORT_OUTPUT"}},
		&cli.StringFlag{Name: "result-file", Usage: "write the result as JSON to `FILE` too", EnvVars: []string{"RETORT_RESULT_FILE"}},
		&cli.StringFlag{Name: "log-limit", Usage: "show at most `BYTES` of what a suite prints, as 500k or 2M, its first and last lines; 0 is all (default: 500k, all on a terminal)", EnvVars: []string{"RETORT_LOG_LIMIT"}},
		&cli.StringFlag{Name: "progress", Usage: "on stderr, `MODE`: auto, plain, tty or quiet (default: auto)", EnvVars: []string{"RETORT_PROGRESS"}},
	}, engineFlags()...)
}

func parallelFlag(what string) cli.Flag {
	return &cli.IntFlag{Name: "parallel", Usage: "`N` " + what + " at once", EnvVars: []string{"RETORT_PARALLEL"}}
}

func dryRunFlag() cli.Flag {
	return &cli.BoolFlag{Name: "dry-run", Usage: "show what would be done, change nothing", EnvVars: []string{"RETORT_DRY_RUN"}}
}

func overrideFlag() cli.Flag {
	return &cli.StringFlag{Name: "override", Usage: "overrule gates that refuse, for a `REASON` that is recorded; the environment must say override: true", EnvVars: []string{"RETORT_OVERRIDE"}}
}

// override is the reason given. A CI's parameter that was left empty is none; an
// empty argument is a mistake.
func (s *session) override() (string, error) {
	reason := s.cli.String("override")
	_, variable := os.LookupEnv("RETORT_OVERRIDE")
	if reason == "" && s.cli.IsSet("override") && !variable {
		return "", fault.New(fault.Usage, `--override "the fix for the outage"`, "--override needs a reason")
	}
	return reason, nil
}

func noReferrersFlag() cli.Flag {
	return &cli.BoolFlag{Name: "no-referrers", Usage: "leave evidence, signatures and SBOMs behind", EnvVars: []string{"RETORT_NO_REFERRERS"}}
}

func allowBindFlag() cli.Flag {
	return &cli.BoolFlag{Name: "allow-bind", Usage: "let containers mount paths of the engine's host", EnvVars: []string{"RETORT_ALLOW_BIND"}}
}

func compressionFlag() cli.Flag {
	return &cli.StringFlag{Name: "compression", Usage: "of new layers, `METHOD`: gzip, zstd, or with a level as zstd:9 (default: gzip:1)", EnvVars: []string{"RETORT_COMPRESSION"}}
}

func tagFlag() cli.Flag {
	return &cli.StringSliceFlag{Name: "tag", Usage: "one more `TAG`, or a template of one: {{.Branch}}-{{.BuildNumber}}", EnvVars: []string{"RETORT_TAG"}}
}

func forceTagFlag() cli.Flag {
	return &cli.BoolFlag{Name: "force-tag", Usage: "let a version name another image than it did", EnvVars: []string{"RETORT_FORCE_TAG"}}
}

func fromForksFlag() cli.Flag {
	return &cli.BoolFlag{Name: "from-forks", Usage: "push also in the build of a fork, or one without secrets", EnvVars: []string{"RETORT_FROM_FORKS"}}
}

// handoverFlags are of commands that give digests.
func handoverFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "dotenv", Usage: "write RETORT_DIGEST_<SERVICE>=… to `FILE`, for GitLab's artifacts:reports:dotenv", EnvVars: []string{"RETORT_DOTENV"}},
		&cli.StringFlag{Name: "properties", Usage: "write digest_<service>=… to `FILE`, for Jenkins' readProperties", EnvVars: []string{"RETORT_PROPERTIES"}},
	}
}
