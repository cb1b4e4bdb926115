package push

import (
	"context"

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
	digest, err := sender.Send(ctx, img.ID, repository)
	return settle(ctx, reg, img, digest, err, func(why error) {
		warn(opts, img, "the engine could not send it, it goes by way of this machine: "+why.Error())
	})
}
