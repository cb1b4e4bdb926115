package main

import (
	"context"
	"fmt"
	"os"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/retort"
	"github.com/retort-ci/retort/pkg/structure"
)

// checkImage is `retort test --image … --structure FILE`.
func checkImage(ctx context.Context, s *session) (retort.TestResult, error) {
	name := s.cli.String("structure")
	if s.cli.String("image") == "" || len(s.args()) > 0 {
		return retort.TestResult{}, fault.New(fault.Usage, "retort test --image repo/app --structure checks.yaml",
			"--structure goes with --image and takes no command")
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return retort.TestResult{}, fault.Wrap(fault.Usage, fmt.Errorf("read structure checks: %w", err), "")
	}
	file, err := structure.Parse(name, data)
	if err != nil {
		return retort.TestResult{}, err
	}
	p := retort.OpenPlain(s.options())
	defer func() { _ = p.Close() }()
	return p.CheckImage(ctx, retort.CheckImageOptions{
		Image: s.cli.String("image"), File: file, Timeout: s.cli.Duration("timeout"),
	})
}
