package push

import (
	"context"
	"errors"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/progress"
	"github.com/retort-ci/retort/pkg/registry"
)

// maxAsked is how many digests a registry is asked for before the image is read
// out of the engine.
const maxAsked = 2

// remembered gives the names to an image that the registry has already, by what
// an earlier push has kept, or by what the engine says of where it came from.
// The registry is asked; known is false when it does not have it, and true when
// nothing is left to try.
func remembered(ctx context.Context, eng engine.Exporter, reg Registry, mem memory, img Image, opts Options) (pushed registry.Pushed, known bool, err error) {
	for _, at := range whereabouts(ctx, eng, mem, img, opts) {
		held, err := reg.Image(ctx, at, nil)
		fits := err == nil && isImage(held, img.ID)
		if fits {
			fits, err = mem.believed(held, at, opts)
		}
		if registry.Away(err) {
			return pushed, true, err // the other ways would wait for it too
		}
		if !fits || err != nil {
			continue // whatever the reason: another way is left
		}
		note(opts, img, "in the registry already: "+at)
		pushed, err = reg.Push(ctx, held, img.Refs...)
		if errors.Is(err, registry.ErrNotFound) {
			continue // it has a part of it
		}
		if err == nil {
			mem.keepImage(img.ID, opts.Compression, pushed)
		}
		return pushed, true, err
	}
	return registry.Pushed{}, false, nil
}

// whereabouts are digests that may be the image, in the registry of its first
// name. Which digest the engine knows depends on who has pushed before, so it is
// not asked where a compression was chosen.
func whereabouts(ctx context.Context, eng engine.Exporter, mem memory, img Image, opts Options) []string {
	host := registryOf(img.Refs[0])
	var all []string
	if at, ok := mem.image(img.ID, opts.Compression, host); ok {
		all = append(all, at)
	}
	inspector, ok := eng.(engine.Inspector)
	if !ok || opts.Compression != (engine.Compression{}) || len(all) > 0 {
		return all
	}
	info, err := inspector.InspectImage(ctx, img.ID)
	if err != nil {
		return all // Export will say so
	}
	here := slices.DeleteFunc(slices.Clone(info.RepoDigests), func(at string) bool { return registryOf(at) != host })
	return here[:min(len(here), maxAsked)]
}

// isImage says whether what the registry holds is the engine's image: by its
// config, which is the image ID of most engines, or by its manifest, which is
// that of Docker's containerd image store.
func isImage(held v1.Image, id string) bool {
	config, err := held.ConfigName()
	if err != nil {
		return false
	}
	digest, err := held.Digest()
	return err == nil && (config.String() == id || digest.String() == id)
}

// known gives layers that need not be made again: those of the bases, and those
// that were pushed before and that all registries still have.
func (m memory) known(ctx context.Context, reg Registry, img Image, opts Options, bases func(v1.Hash) v1.Layer, sent *layers, fail func(error)) func(v1.Hash) v1.Layer {
	seen := &witnesses{reg: reg}
	return func(diffID v1.Hash) v1.Layer {
		if l := bases(diffID); l != nil {
			return l
		}
		e, ok := m.layer(opts.Compression.Key(diffID))
		if !ok {
			return nil
		}
		hint, ok, err := seen.hint(ctx, e, diffID, img.Refs)
		var l v1.Layer
		if ok {
			l, err = reg.Held(ctx, hint, img.Refs...)
		}
		if registry.Away(err) {
			fail(err)
		}
		if !ok || err != nil {
			return nil // it is made anew, and whoever is to blame speaks up then
		}
		sent.remembered(e)
		return l
	}
}

func note(opts Options, img Image, text string) { tell(progress.Note, opts, img, text) }
func warn(opts Options, img Image, text string) { tell(progress.Warning, opts, img, text) }

func tell(kind progress.Kind, opts Options, img Image, text string) {
	progress.Or(opts.Progress).Emit(progress.Event{Kind: kind, Stage: "push", Subject: img.Service, Text: text})
}
