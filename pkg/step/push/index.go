package push

import (
	"context"
	"sync"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/registry"
)

// index sends an image of several platforms whole; done is false where the image
// is of one.
func index(ctx context.Context, eng engine.Exporter, reg Registry, img Image, opts Options) (pushed registry.Pushed, done bool, err error) {
	exporter, ok := eng.(engine.IndexExporter)
	if !ok {
		return pushed, false, nil
	}
	// Registries are asked for the bases' layers only where there is an index. A base
	// that cannot be asked costs time: its layers are sent.
	bases := sync.OnceValue(func() func(v1.Hash) v1.Layer {
		known, err := knownLayers(ctx, eng, reg, img, opts)
		if err != nil {
			return func(v1.Hash) v1.Layer { return nil }
		}
		return known
	})
	whole, err := exporter.ExportIndex(ctx, img.ID, engine.ExportOptions{
		Known: func(diffID v1.Hash) v1.Layer { return bases()(diffID) }, Compression: opts.Compression,
		Subject: img.Service, Progress: opts.Progress,
	})
	if whole == nil || err != nil {
		return pushed, err != nil, err
	}
	pushed, err = reg.PushIndex(ctx, whole, img.Refs...)
	return pushed, true, err
}
