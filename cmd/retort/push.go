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
		Description: `Pushes each service's image under git-<commit>, the branch, the version of a git
tag and each --tag, and attaches the evidence of its suites. Prints the
repository@digest that the registry confirms, a line per service.

   DIGEST=$(retort push orders)
   retort push --image app repo/app:1.2

Exit codes: 0 pushed, 2 nothing was built or a name is wrong, 5 engine or registry away
or refusing the credentials.`,
		Flags: []cli.Flag{
			&cli.StringSliceFlag{Name: "tag", Usage: "one more `TAG`", EnvVars: []string{"RETORT_TAG"}},
			&cli.StringFlag{Name: "image", Usage: "push `IMAGE` of the engine, without a project", EnvVars: []string{"RETORT_PUSH_IMAGE"}},
			parallelFlag("images"),
		},
		Action: action(runPush),
	}
}

func runPush(ctx context.Context, s *session) error {
	result, err := push(ctx, s)
	if err != nil {
		return err
	}
	return s.result(pushDoc(result), func(w *strings.Builder) {
		for _, img := range result.Images {
			fmt.Fprintln(w, img.Ref())
		}
	})
}

func push(ctx context.Context, s *session) (retort.PushResult, error) {
	if s.cli.String("image") != "" {
		if len(s.args()) == 0 {
			return retort.PushResult{}, fault.New(fault.Usage, "retort push --image app repo/app:1.2", "no reference to push to")
		}
		p := retort.OpenPlain(s.options())
		defer func() { _ = p.Close() }()
		return p.PushImage(ctx, s.cli.String("image"), s.args()...)
	}
	p, done, err := s.project(ctx, s.options())
	if err != nil {
		return retort.PushResult{}, err
	}
	defer done()
	return p.Push(ctx, retort.PushOptions{Services: s.args(), Tags: s.cli.StringSlice("tag"), Parallel: s.cli.Int("parallel")})
}
