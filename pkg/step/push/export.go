package push

import (
	"context"
	"fmt"
	"maps"
	"os"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sync/errgroup"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/progress"
	"github.com/retort-ci/retort/pkg/registry"
)

// export reads the image out of the engine once. Its layers are sent, to all
// registries at once, while they are compressed and while the next are read.
func export(ctx context.Context, eng engine.Exporter, reg Registry, img Image, opts Options) (registry.Pushed, error) {
	dir, err := os.MkdirTemp(opts.TempDir, "retort-push-")
	if err != nil {
		return registry.Pushed{}, err
	}
	defer func() { _ = os.RemoveAll(dir) }()

	known := knownLayers(ctx, reg, img, opts)
	group, within := errgroup.WithContext(ctx)
	var exported v1.Image
	group.Go(func() (err error) {
		exported, err = eng.Export(within, img.ID, dir, engine.ExportOptions{
			Known: known, Compression: opts.Compression, Subject: img.Service, Progress: opts.Progress,
			Ready: func(layer v1.Layer) {
				group.Go(func() error { return reg.Deposit(within, layer, img.Refs...) })
			},
		})
		return err
	})
	if err := group.Wait(); err != nil {
		return registry.Pushed{}, err
	}
	return reg.Push(ctx, exported, img.Refs...)
}

// knownLayers finds the layers that the bases' registries hold. A base that
// cannot be asked costs time, not the push: its layers are compressed anew,
// and it is told.
func knownLayers(ctx context.Context, reg Registry, img Image, opts Options) func(v1.Hash) v1.Layer {
	known := map[v1.Hash]v1.Layer{}
	for _, b := range img.Bases {
		if b.Digest == "" {
			continue
		}
		layers, err := reg.Layers(ctx, b.Ref+"@"+b.Digest, nil)
		if err != nil {
			progress.Or(opts.Progress).Emit(progress.Event{
				Kind: progress.Warning, Stage: "push", Subject: img.Service,
				Text: fmt.Sprintf("layers of %s are sent anew: %v", b.Name, err),
			})
			continue
		}
		maps.Copy(known, layers)
	}
	return func(diffID v1.Hash) v1.Layer { return known[diffID] }
}
