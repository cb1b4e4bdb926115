// Package build is the step that makes an image of each service's Dockerfile.
package build

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/progress"
)

// DefaultParallel is how many images are built at once unless Options say. The
// builder shares equal instructions between them.
const DefaultParallel = 4

// Options say what to build.
type Options struct {
	Services []Service
	Parallel int // images at once; DefaultParallel when 0
	Progress progress.Sink
}

// Service is one image to make.
type Service struct {
	Name string
	Spec engine.BuildSpec // Subject and Progress are set by the step
}

// Result holds an image per service, in the order of Options.Services.
type Result struct {
	Images []Image
}

// Image is what a service's build gave.
type Image struct {
	Service string
	engine.Built
	Elapsed time.Duration
}

// Run builds every service, several at a time. The first failure ends the
// others: an image of a commit that does not build whole is of no use. The
// error is an *engine.BuildError when the Dockerfile is to blame.
func Run(ctx context.Context, eng engine.Builder, opts Options) (Result, error) {
	result := Result{Images: make([]Image, len(opts.Services))}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(cmp.Or(max(opts.Parallel, 0), DefaultParallel))
	for i, s := range opts.Services {
		g.Go(func() (err error) {
			result.Images[i], err = one(ctx, eng, s, progress.Or(opts.Progress))
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return Result{}, err
	}
	return result, nil
}

func one(ctx context.Context, eng engine.Builder, s Service, sink progress.Sink) (Image, error) {
	begun := time.Now()
	s.Spec.Subject, s.Spec.Progress = s.Name, sink
	built, err := eng.Build(ctx, s.Spec)
	image := Image{Service: s.Name, Built: built, Elapsed: time.Since(begun)}
	if err != nil {
		return image, fmt.Errorf("build %s: %w", s.Name, err)
	}
	sink.Emit(progress.Event{
		Kind: progress.TaskEnd, Stage: "build", Subject: s.Name, Task: "image", Status: status(built),
		Text: built.ID, Elapsed: image.Elapsed,
	})
	return image, nil
}

func status(b engine.Built) progress.Status {
	if b.Steps > 0 && b.Cached == b.Steps {
		return progress.Cached
	}
	return progress.Done
}
