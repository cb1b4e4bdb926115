package retort

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/internal/owner"
	"github.com/retort-ci/retort/pkg/report"
	"github.com/retort-ci/retort/pkg/step/test"
	"github.com/retort-ci/retort/pkg/structure"
)

// CheckImageOptions are the choices of CheckImage.
type CheckImageOptions struct {
	Image   string // reference or image ID; read from its registry when the engine does not have it
	File    structure.File
	Timeout time.Duration // of one command test
}

// structureSuite is what the checks of an image without a project are called.
const structureSuite = "structure"

// CheckImage checks what an image is made of, by a file in the format of
// container-structure-test. File and metadata checks start no container.
func (p *Pipeline) CheckImage(ctx context.Context, opts CheckImageOptions) (result TestResult, err error) {
	defer p.stage("test")(&err)
	eng, err := p.engineAtWork(ctx, "test")
	if err != nil {
		return result, err
	}
	var swept sync.WaitGroup // it takes none of the little that checks need
	swept.Go(func() { p.sweep(ctx, eng) })
	defer swept.Wait()
	begun := time.Now()
	checks, err := p.check(ctx, eng, structureSuite, opts)
	if err != nil {
		return result, err
	}
	result.Suites = []test.Outcome{structureOutcome(structureSuite, checks, begun)}
	return result, p.keepStructure(&result.Suites[0])
}

// check makes the checks of one file.
func (p *Pipeline) check(ctx context.Context, eng Engine, suite string, opts CheckImageOptions) ([]structure.Result, error) {
	for _, w := range opts.File.Warnings {
		p.warn("test", suite, w)
	}
	checks, err := p.checkContent(ctx, eng, suite, opts)
	for _, c := range checks {
		for _, w := range c.Warnings {
			p.warn("test", c.Name, w)
		}
	}
	return checks, err
}

// checkContent reads the image where it is: where the engine has unpacked it, if
// that can be looked into, else from the engine's export; and one that the engine
// does not have straight from its registry.
func (p *Pipeline) checkContent(ctx context.Context, eng Engine, suite string, opts CheckImageOptions) ([]structure.Result, error) {
	id, err := p.held(ctx, eng, opts)
	if errors.Is(err, engine.ErrImageNotFound) {
		img, err := p.registry.Image(ctx, opts.Image, nil)
		if err != nil {
			return nil, err
		}
		return structure.Check(ctx, opts.File, img, nil)
	}
	if err != nil {
		return nil, err
	}
	runner := checkRunner(eng, suite, id, opts)
	if looker, ok := eng.(engine.Looker); ok {
		checks, err := structure.CheckHeld(ctx, opts.File, looker, id, runner)
		if !errors.Is(err, engine.ErrUnsupported) {
			return checks, err
		}
	}
	scratch, done, err := p.state.Scratch()
	if err != nil {
		return nil, err
	}
	defer done()
	img, err := eng.Export(ctx, id, scratch, engine.ExportOptions{Subject: opts.Image, Progress: p.sink})
	if err != nil {
		return nil, err
	}
	return structure.Check(ctx, opts.File, img, runner)
}

// checkRunner runs command tests in containers of the suite.
func checkRunner(eng engine.Runner, suite, image string, opts CheckImageOptions) *structure.Containers {
	labels := owner.Self(slack + time.Duration(len(opts.File.Commands))*opts.Timeout).Labels()
	labels[owner.LabelSuite] = suite
	return &structure.Containers{
		Engine: eng, Timeout: opts.Timeout, Template: engine.ContainerSpec{Image: image, Labels: labels},
	}
}

// held is the ID of the image in the engine. One that the engine does not have is
// brought there only if commands are to be run in it.
func (p *Pipeline) held(ctx context.Context, eng Engine, opts CheckImageOptions) (string, error) {
	info, err := eng.InspectImage(ctx, opts.Image)
	if errors.Is(err, engine.ErrImageNotFound) && opts.File.RunsCommands() {
		var ref string
		if ref, err = p.pinned(ctx, opts.Image); err == nil {
			info, err = eng.Pull(ctx, ref)
		}
	}
	return info.ID, err
}

// structureOutcome makes one suite of the checks, a case each.
func structureOutcome(name string, checks []structure.Result, begun time.Time) test.Outcome {
	suite := report.Suite{Name: name, Timestamp: begun.UTC()}
	out := test.Outcome{Suite: name, Verdict: test.Passed, Started: begun, Elapsed: time.Since(begun)}
	failed := 0
	for _, c := range checks {
		kase := report.Case{Class: string(c.Kind), Name: c.Name, Time: c.Elapsed, SystemOut: c.Stdout, SystemErr: c.Stderr}
		if !c.Passed {
			failed++
			kase.Status, kase.Message, kase.Text = report.Failed, c.Problems[0], strings.Join(c.Problems, "\n")
			out.Tail = append(out.Tail, fmt.Sprintf("%s: %s", c.Name, strings.Join(c.Problems, "; ")))
		}
		suite.Cases = append(suite.Cases, kase)
	}
	if failed > 0 {
		out.Verdict, out.Reason = test.Failed, fmt.Sprintf("%d of %d checks", failed, len(checks))
	}
	out.Cases.Suites = []report.Suite{suite}
	return out
}

// keepStructure leaves the report where the CI looks for those of suites.
func (p *Pipeline) keepStructure(out *test.Outcome) error {
	var xml bytes.Buffer
	if err := report.Write(&xml, out.Cases); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	path, err := p.placeReport(out.Suite, "structure.xml", xml.Bytes())
	if err != nil {
		return err
	}
	out.Reports = []string{path}
	return nil
}
