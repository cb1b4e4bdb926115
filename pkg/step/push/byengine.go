package push

import (
	"context"
	"errors"
	"fmt"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/registry"
)

// worthwhile is the part of an image that the engine may have to send for its
// own push to be the faster one. It compresses on one processor, and sends only
// what it must; an export reads the whole image and compresses on all.
const worthwhile = 1.0 / 3

// byEngine lets the engine push where that is cheaper. What it says is believed
// when our own registry confirms it: an engine may mean another registry by the
// same name. done is false where the image is to be exported, which also tells
// what is wrong with an engine that does not answer.
func byEngine(ctx context.Context, eng engine.Exporter, reg Registry, img Image, opts Options) (pushed registry.Pushed, done bool, err error) {
	pusher, ok := eng.(engine.Pusher)
	if !ok || opts.Compression != (engine.Compression{}) || !oneRegistry(img.Refs) {
		return pushed, false, nil
	}
	if free, err := free(ctx, reg, img); !free || err != nil {
		return pushed, err != nil, err
	}
	ref := img.Refs[0]
	unsent, total, err := pusher.Unsent(ctx, img.ID, ref)
	if dear := unsent == total || float64(unsent) > worthwhile*float64(total); dear || err != nil {
		return pushed, false, err
	}
	note(opts, img, fmt.Sprintf("pushed by the engine, which has to send %s of %s", megabytes(unsent), megabytes(total)))
	digest, err := pusher.Push(ctx, img.ID, ref, engine.PushOptions{Subject: img.Service, Progress: opts.Progress})
	return settle(ctx, reg, img, digest, err, func(why error) {
		warn(opts, img, "the engine's own push came to nothing, the image is exported: "+why.Error())
	})
}

// settle gives what an engine has sent the names that are left to give, when the
// registry has it. done is false where something else came of it, which is told.
func settle(ctx context.Context, reg Registry, img Image, digest string, err error, tell func(why error)) (pushed registry.Pushed, done bool, _ error) {
	var held v1.Image
	if err == nil {
		held, err = confirmed(ctx, reg, img, digest)
		if registry.Away(err) {
			return pushed, true, err
		}
	}
	if err != nil && ctx.Err() == nil {
		tell(err)
		return pushed, false, nil
	}
	if err == nil {
		pushed, err = reg.Push(ctx, held, img.Refs...)
	}
	return pushed, true, err
}

// confirmed asks our registry for what the engine says it has pushed.
func confirmed(ctx context.Context, reg Registry, img Image, digest string) (v1.Image, error) {
	at := repositoryOf(img.Refs[0]) + "@" + digest
	held, err := reg.Image(ctx, at, nil)
	if err == nil && !isImage(held, img.ID) {
		err = fmt.Errorf("%s is another image", at)
	}
	return held, err
}

// oneRegistry is false for references to several: an engine compresses, and
// then reads, an image for each.
func oneRegistry(refs []string) bool {
	for _, ref := range refs {
		if registryOf(ref) != registryOf(refs[0]) {
			return false
		}
	}
	return true
}

// free says whether no name would be moved that is to stay: the digest that the
// engine gives is not known before it has pushed.
func free(ctx context.Context, reg Registry, img Image) (bool, error) {
	for _, ref := range img.Fixed {
		_, err := reg.Resolve(ctx, ref)
		if registry.Away(err) {
			return false, err
		}
		if !errors.Is(err, registry.ErrNotFound) {
			return false, nil
		}
	}
	return true, nil
}

func megabytes(n int64) string { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }
