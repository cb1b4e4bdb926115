package retort

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/retort-ci/retort/pkg/ci"
	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/project"
	"github.com/retort-ci/retort/pkg/registry"
	"github.com/retort-ci/retort/pkg/step/promote"
	"github.com/retort-ci/retort/pkg/step/test"
)

// TestImageOptions are the choices of TestImage.
type TestImageOptions struct {
	Image   string   // reference or image ID; pulled when the engine does not have it
	Command []string // the image's own when empty
	Env     []string // NAME=value
	Reports []string // globs of JUnit files in the container, or [project.GoTestOutput]
	Timeout time.Duration
}

// TestImage runs one container of an image as a suite, without a project.
func (p *Pipeline) TestImage(ctx context.Context, opts TestImageOptions) (result TestResult, err error) {
	defer p.stage("test")(&err)
	eng, err := p.engineAtWork(ctx, "test")
	if err != nil {
		return result, err
	}
	p.sweep(ctx, eng)
	found, err := p.external(ctx, eng, project.Service{Name: "image", Image: opts.Image})
	if err != nil {
		return result, err
	}
	container := engine.ContainerSpec{Image: found.id, Cmd: opts.Command, Env: opts.Env}
	if len(opts.Command) > 0 {
		// The command is the whole command, as in a shell, whatever ENTRYPOINT says.
		container.Entrypoint, container.Cmd = opts.Command[:1], opts.Command[1:]
	}
	suite := test.Suite{Name: "image", Container: container, Timeout: opts.Timeout}
	for _, r := range opts.Reports {
		if r == project.GoTestOutput {
			suite.GoTest = true
			continue
		}
		suite.Reports = append(suite.Reports, r)
	}
	stepOpts, err := p.testOptions([]test.Suite{suite}, 1)
	if err != nil {
		return result, err
	}
	result.Result, err = test.Run(ctx, eng, stepOpts)
	return result, err
}

// PromoteImageOptions are the choices of PromoteImage.
type PromoteImageOptions struct {
	From   string // repository@digest; only a digest crosses a step
	To     string // repository:tag
	DryRun bool   // move nothing

	NoReferrers bool // as in PromoteOptions
}

// PromoteImage copies a digest to a reference and writes a record in its
// repository, without a project and so without gates.
func (p *Pipeline) PromoteImage(ctx context.Context, opts PromoteImageOptions) (result PromoteResult, err error) {
	from, to := opts.From, opts.To
	if p.CI.Event == ci.PullRequest {
		return result, fault.New(fault.Policy, "merge it first", "promote %s to %s: refused, this is the build of %s", from, to, p.change())
	}
	defer p.stage("promote")(&err)
	repository, tag := splitTag(to)
	if !strings.Contains(from, "@sha256:") || tag == "" {
		return result, fault.New(fault.Usage, "retort promote repo/app@sha256:… --to prod/app:live",
			"promote %s to %s: the source must be a digest, the destination a tag", from, to)
	}
	if err := p.checkRefs([]string{from, to}); err != nil {
		return result, err
	}
	result.Environment = to
	reg := p.registry.With("promote", from)
	result.Result, err = promote.Run(ctx, reg, promote.Options{
		Edges:  []promote.Edge{{Service: baseName(repository), Environment: tag, From: from, Repository: repository, Tag: tag}},
		DryRun: opts.DryRun, NoReferrers: opts.NoReferrers, Voucher: p.voucher(reg), Progress: p.sink,
		Record: registry.Record{Actor: p.actor(), Build: p.CI.URL, Action: registry.Promote},
	})
	if errors.Is(err, registry.ErrNotFound) {
		err = fault.Wrap(fault.Usage, err, "name a digest that the registry has")
	}
	return result, immutable(err)
}
