package embedded

import (
	"context"
	"fmt"
	"time"

	"github.com/distribution/reference"
	digest "github.com/opencontainers/go-digest"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/internal/grace"
)

// nameless is what images are called that have no name, with their digest.
const nameless = "retort.local/image"

// Build makes the image and keeps it, under its tags and by its digest.
func (e *Engine) Build(ctx context.Context, spec engine.BuildSpec) (engine.Built, error) {
	o, err := e.open(ctx)
	if err != nil {
		return engine.Built{}, err
	}
	tags := make([]string, len(spec.Tags))
	for i, tag := range spec.Tags {
		named, err := reference.ParseDockerRef(tag)
		if err != nil {
			return engine.Built{}, fault.Wrap(fault.Usage, fmt.Errorf("tag %s: %w", tag, err), "")
		}
		tags[i] = named.String()
	}
	spec.Tags = tags
	built, err := e.client.Build(ctx, spec)
	if err != nil {
		o.tidy(ctx)
		return built, err
	}
	desc, err := o.byDigest(ctx, digest.Digest(built.ID))
	if err != nil {
		return engine.Built{}, err
	}
	return built, o.remember(ctx, desc, tags...)
}

// How long a failed build is cleared away after.
const (
	tidyLimit = 10 * time.Second
	tidyTries = 10
	tidyPause = 100 * time.Millisecond
)

// tidy gives back the room that a failed build took; BuildKit would do so a minute
// later. What filled the disk is waited for a little: BuildKit lets go of a build's
// files when the caller has its error already.
func (o *opened) tidy(ctx context.Context) {
	ctx, cancel := grace.Outlive(quiet(ctx), tidyLimit)
	defer cancel()
	for range tidyTries {
		if o.worker.GarbageCollect(ctx) != nil || !o.slot.Full() {
			return
		}
		select {
		case <-time.After(tidyPause):
		case <-ctx.Done():
			return
		}
	}
}

// own tells whether an image was built under the name. One that was pulled is
// known by its digest alone.
func (e *Engine) own(ctx context.Context, ref string) bool {
	o, err := e.open(ctx)
	if err != nil {
		return false
	}
	named, err := reference.ParseDockerRef(ref)
	if err != nil {
		return false
	}
	if _, digested := named.(reference.Digested); digested {
		return false
	}
	_, err = o.images.Get(ctx, named.String())
	return err == nil
}
