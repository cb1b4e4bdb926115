package push

import (
	"context"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/registry"
)

// fromThere lets an engine on another machine send the image from there. What the
// registry has then has no name; ours gives the names when it is what was to be sent.
// done is false where the image is to be exported.
func fromThere(ctx context.Context, eng engine.Exporter, reg Registry, img Image, opts Options) (pushed registry.Pushed, done bool, err error) {
	sender, ok := eng.(engine.Sender)
	if !ok || opts.Compression != (engine.Compression{}) || !oneRegistry(img.Refs) {
		return pushed, false, nil
	}
	repository := repositoryOf(img.Refs[0])
	if sends, err := sender.Sends(ctx, repository); !sends || err != nil {
		return pushed, false, err
	}
	note(opts, img, "sent to the registry by the engine, from its machine")
	var held v1.Image
	digest, err := sender.Send(ctx, img.ID, repository)
	if err == nil {
		held, err = confirmed(ctx, reg, img, digest)
		if registry.Away(err) {
			return pushed, true, err
		}
	}
	if err != nil && ctx.Err() == nil {
		warn(opts, img, "the engine could not send it, it goes by way of this machine: "+err.Error())
		return pushed, false, nil
	}
	if err == nil {
		pushed, err = reg.Push(ctx, held, img.Refs...)
	}
	return pushed, true, err
}
