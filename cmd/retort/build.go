package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/retort"
)

func buildCommand() *cli.Command {
	return &cli.Command{
		Name:      "build",
		Usage:     "make an image of each service's Dockerfile",
		ArgsUsage: "[SERVICE…] | -t REFERENCE DIR",
		Description: `Builds every service of the project that has a build section, suites too, and
prints the image of each: its ID, or repository@digest with --push. The build of
a fork's pull request is not pushed.

   retort build --push            # leaves the candidate git-<commit> in each repository
   retort build -t repo/app:1 .   # one Dockerfile, no project

Exit codes: 0 built, 2 the project file or a Dockerfile is wrong, 4 -t names another
image in the registry by its version, 5 engine or registry away.`,
		Flags: append([]cli.Flag{
			&cli.BoolFlag{Name: "push", Usage: "push the candidate git-<commit>", EnvVars: []string{"RETORT_PUSH"}},
			&cli.StringFlag{Name: "t", Usage: "build DIR's Dockerfile as `REFERENCE`, without a project", EnvVars: []string{"RETORT_TAG_AS"}},
			&cli.StringFlag{Name: "file", Usage: "`DOCKERFILE` for -t, relative to DIR", EnvVars: []string{"RETORT_DOCKERFILE"}},
			&cli.StringFlag{Name: "target", Usage: "`STAGE` for -t", EnvVars: []string{"RETORT_TARGET"}},
			&cli.StringSliceFlag{Name: "build-arg", Usage: "`NAME=VALUE` for -t", EnvVars: []string{"RETORT_BUILD_ARG"}},
			&cli.BoolFlag{Name: "no-cache", Usage: "run every instruction again", EnvVars: []string{"RETORT_NO_CACHE"}},
			forceTagFlag(),
			fromForksFlag(),
			keyFlag(),
			compressionFlag(),
			parallelFlag("images"),
		}, handoverFlags()...),
		Action: onEngine(runBuild),
	}
}

func runBuild(ctx context.Context, s *session) error {
	opts, services, err := buildTarget(s)
	if err != nil {
		return err
	}
	p, done, err := s.project(ctx, opts)
	if err != nil {
		return err
	}
	defer done()
	built, err := p.Build(ctx, retort.BuildOptions{
		Services: services, Push: s.cli.Bool("push"), ForceTag: s.cli.Bool("force-tag"), FromForks: s.cli.Bool("from-forks"),
		NoCache: s.cli.Bool("no-cache"), Parallel: s.cli.Int("parallel"),
	})
	if err != nil {
		return err
	}
	if err := s.handOver(builtImages(built)); err != nil {
		return err
	}
	return s.result(buildDoc(built), func(w *strings.Builder) {
		for _, img := range built.Images {
			if img.Pushed != "" {
				fmt.Fprintln(w, img.Pushed)
			} else if img.Deployable || len(services) > 0 || len(built.Images) == 1 {
				fmt.Fprintln(w, img.ID)
			}
		}
	})
}

// buildTarget is the project, or with -t the one Dockerfile in a directory.
func buildTarget(s *session) (retort.Options, []string, error) {
	opts, err := s.signing()
	if err != nil {
		return opts, nil, err
	}
	if s.cli.String("t") == "" {
		for _, name := range []string{"file", "target", "build-arg"} {
			if s.cli.IsSet(name) {
				return opts, nil, fault.New(fault.Usage, "build: { … } on the service in compose.yaml", "--%s goes with -t; a service has it in the project file", name)
			}
		}
		return opts, s.args(), nil
	}
	if len(s.args()) > 1 {
		return opts, nil, fault.New(fault.Usage, "retort build -t repo/app .", "with -t one directory is built, %d were given", len(s.args()))
	}
	if dir := s.cli.Args().First(); dir != "" {
		if !filepath.IsAbs(dir) {
			dir = filepath.Join(opts.Dir, dir)
		}
		opts.Dir = dir
	}
	opts.Image, opts.Dockerfile, opts.Target = s.cli.String("t"), s.cli.String("file"), s.cli.String("target")
	opts.Args = map[string]string{}
	for _, pair := range s.cli.StringSlice("build-arg") {
		name, value, ok := strings.Cut(pair, "=")
		if !ok {
			return opts, nil, fault.New(fault.Usage, "--build-arg NAME=VALUE", "build argument %q has no value", pair)
		}
		opts.Args[name] = value
	}
	return opts, nil, nil
}
