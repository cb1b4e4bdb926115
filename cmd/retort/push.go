package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/retort"
)

func pushCommand() *cli.Command {
	return &cli.Command{
		Name:      "push",
		Usage:     "send images to their repositories",
		ArgsUsage: "[SERVICE…] | --image IMAGE REFERENCE…",
		Description: `Pushes each service's image under git-<commit>, the branch or pr-<number>, and
each --tag; of a git tag v1.4.2 under 1.4.2, and under 1.4, 1 and latest where
that is the newest release. x-retort: { tags: […] } takes the place of these.
Attaches the evidence of the image's suites, which must have passed, and SLSA
provenance of what this workspace built; with --key it is signed. Prints the
repository@digest that the registry confirms, a line per service. The build of a
fork's pull request pushes nothing.

   DIGEST=$(retort push orders)
   retort push --tag '{{.Branch}}-{{.BuildNumber}}'
   retort push --key cosign.key
   retort push --image app repo/app:1.2

An image that the registry has already only gets its names. What a BuildKit daemon on
another machine has built, it sends to the registry itself. Where the engine knows
that the registry has two thirds of it, the engine pushes. Else it is read out of the
engine once, compressed on all processors and sent meanwhile, but for layers that the
registry has. Which way it was is told. The first two ways keep whatever compression
there is, unless --compression says which; Docker Engine 20.10 cannot pull zstd. What
comes compressed from a base or out of the engine, as from Docker's containerd image
store, stays as it is.

Exit codes: 0 pushed or nothing to push, 2 nothing was built or a name or the key is wrong, 4 a
suite has not passed or a version names another image, 5 engine or registry away or
refusing the credentials.`,
		Flags: append([]cli.Flag{
			tagFlag(),
			&cli.BoolFlag{Name: "untested", Usage: "push also what has not passed its suites", EnvVars: []string{"RETORT_UNTESTED"}},
			forceTagFlag(),
			fromForksFlag(),
			keyFlag(),
			&cli.StringFlag{Name: "image", Usage: "push `IMAGE` of the engine, without a project", EnvVars: []string{"RETORT_PUSH_IMAGE"}},
			compressionFlag(),
			parallelFlag("images"),
		}, handoverFlags()...),
		Action: onEngine(runPush),
	}
}

func runPush(ctx context.Context, s *session) error {
	result, err := push(ctx, s)
	if err != nil {
		return err
	}
	if err := s.handOver(pushed(result, s.cli.String("image") != "")); err != nil {
		return err
	}
	return s.result(pushDoc(result), func(w *strings.Builder) {
		for _, img := range result.Images {
			fmt.Fprintln(w, img.Ref())
		}
	})
}

func push(ctx context.Context, s *session) (retort.PushResult, error) {
	opts, err := s.signing()
	if err != nil {
		return retort.PushResult{}, err
	}
	if s.cli.String("image") != "" {
		if len(s.args()) == 0 {
			return retort.PushResult{}, fault.New(fault.Usage, "retort push --image app repo/app:1.2", "no reference to push to")
		}
		p := retort.OpenPlain(opts)
		defer func() { _ = p.Close() }()
		return p.PushImage(ctx, retort.PushImageOptions{
			Image: s.cli.String("image"), Refs: s.args(), ForceTag: s.cli.Bool("force-tag"), FromForks: s.cli.Bool("from-forks"),
		})
	}
	p, done, err := s.project(ctx, opts)
	if err != nil {
		return retort.PushResult{}, err
	}
	defer done()
	return p.Push(ctx, retort.PushOptions{
		Services: s.args(), Tags: s.cli.StringSlice("tag"), Parallel: s.cli.Int("parallel"),
		Untested: s.cli.Bool("untested"), ForceTag: s.cli.Bool("force-tag"), FromForks: s.cli.Bool("from-forks"),
	})
}
