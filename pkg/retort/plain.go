package retort

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/project"
	"github.com/retort-ci/retort/pkg/registry"
	"github.com/retort-ci/retort/pkg/step/promote"
	"github.com/retort-ci/retort/pkg/step/push"
	"github.com/retort-ci/retort/pkg/step/test"
)

// TestImageOptions are the choices of TestImage.
type TestImageOptions struct {
	Image   string   // reference or image ID; pulled when the engine does not have it
	Command []string // the image's own when empty
	Env     []string // NAME=value
	Reports []string // globs of JUnit files in the container
	Timeout time.Duration
}

// TestImage runs one container of an image as a suite, without a project.
func (p *Pipeline) TestImage(ctx context.Context, opts TestImageOptions) (result TestResult, err error) {
	defer p.stage("test")(&err)
	eng, err := p.openEngine()
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
	stepOpts, err := p.testOptions([]test.Suite{{
		Name: "image", Container: container, Reports: opts.Reports, Timeout: opts.Timeout,
	}}, 1)
	if err != nil {
		return result, err
	}
	result.Result, err = test.Run(ctx, eng, stepOpts)
	return result, err
}

// PushImage sends an image of the engine to references, without a project.
func (p *Pipeline) PushImage(ctx context.Context, image string, refs ...string) (result PushResult, err error) {
	defer p.stage("push")(&err)
	if err := p.checkRefs(refs); err != nil {
		return result, err
	}
	eng, err := p.openEngine()
	if err != nil {
		return result, err
	}
	info, err := eng.InspectImage(ctx, image)
	if errors.Is(err, engine.ErrImageNotFound) {
		return result, fault.Wrap(fault.Usage, fmt.Errorf("push: %w", err), "docker images shows what the engine has")
	}
	if err != nil {
		return result, err
	}
	scratch, done, err := p.state.Scratch()
	if err != nil {
		return result, err
	}
	defer done()
	pushed, err := push.Run(ctx, eng, p.registry.With("push", image), push.Options{
		Images:  []push.Image{{Service: image, ID: info.ID, Bases: p.lineage(ctx, eng, info), Refs: refs}},
		TempDir: scratch, Progress: p.sink,
	})
	return PushResult(pushed), err
}

// lineage asks the engine which registries hold the image's lower layers, so
// that they keep the digests they have there.
func (p *Pipeline) lineage(ctx context.Context, eng Engine, info engine.ImageInfo) []engine.Base {
	l, ok := eng.(engine.Lineage)
	if !ok {
		return nil
	}
	refs, err := l.KnownAs(ctx, info.ID)
	if err != nil {
		p.warn("push", "", "ask the engine for the image's bases: "+err.Error())
	}
	var bases []engine.Base
	for _, ref := range refs {
		repository, digest, _ := strings.Cut(ref, "@")
		bases = append(bases, engine.Base{Name: repository, Ref: repository, Digest: digest})
	}
	return bases
}

// PromoteImage copies a digest to a reference and writes a record in its
// repository, without a project and so without gates. from is
// repository@digest; only a digest crosses a step.
func (p *Pipeline) PromoteImage(ctx context.Context, from, to string, dryRun bool) (result PromoteResult, err error) {
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
	result.Result, err = promote.Run(ctx, p.registry.With("promote", from), promote.Options{
		Edges:  []promote.Edge{{Service: baseName(repository), Environment: tag, From: from, Repository: repository, Tag: tag}},
		DryRun: dryRun, Progress: p.sink,
		Record: registry.Record{Actor: p.actor(), Build: p.CI.URL, Action: registry.Promote},
	})
	if errors.Is(err, registry.ErrNotFound) {
		err = fault.Wrap(fault.Usage, err, "name a digest that the registry has")
	}
	return result, err
}
