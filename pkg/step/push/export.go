package push

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sync/errgroup"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/registry"
)

// export reads the image out of the engine once. Its layers are sent, to all
// registries at once, while they are compressed and while the next are read.
func export(ctx context.Context, eng engine.Exporter, reg Registry, mem memory, img Image, opts Options) (registry.Pushed, error) {
	dir, err := os.MkdirTemp(opts.TempDir, "retort-push-")
	if err != nil {
		return registry.Pushed{}, err
	}
	defer func() { _ = os.RemoveAll(dir) }()

	bases, err := knownLayers(ctx, eng, reg, img, opts)
	if err != nil {
		return registry.Pushed{}, err
	}
	group, within := errgroup.WithContext(ctx)
	sent := &layers{}
	fail := func(err error) { group.Go(func() error { return err }) }
	// Held layers are read by the push too, when the group's context has ended.
	known := mem.known(ctx, reg, img, opts, bases, sent, fail)
	var exported v1.Image
	group.Go(func() (err error) {
		exported, err = eng.Export(within, img.ID, dir, engine.ExportOptions{
			Known: known, Compression: opts.Compression, Subject: img.Service, Progress: opts.Progress,
			Ready: func(layer v1.Layer) {
				sent.add(layer)
				group.Go(func() error { return reg.Deposit(within, layer, img.Refs...) })
			},
		})
		return err
	})
	if err := group.Wait(); err != nil {
		return registry.Pushed{}, err
	}
	pushed, err := reg.Push(ctx, exported, img.Refs...)
	if err == nil {
		mem.keepLayers(sent, pushed)
	}
	return pushed, err
}

// layers are those of one push, which several goroutines add to.
type layers struct {
	mu     sync.Mutex
	made   []v1.Layer
	hinted []layerEntry // were remembered, and are there
}

func (l *layers) add(layer v1.Layer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.made = append(l.made, layer)
}

func (l *layers) remembered(e layerEntry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.hinted = append(l.hinted, e)
}

// knownLayers finds the layers that the bases' registries hold. A base that
// cannot be asked costs time, not the push: its layers are compressed anew, and
// it is told. A registry that is away is waited for once, and where it is one to
// push to, that ends the push.
func knownLayers(ctx context.Context, eng engine.Exporter, reg Registry, img Image, opts Options) (func(v1.Hash) v1.Layer, error) {
	known := map[v1.Hash]v1.Layer{}
	away := map[string]error{} // by the registry
	for _, b := range append(img.Bases, lineage(ctx, eng, img, opts)...) {
		if b.Digest == "" {
			continue
		}
		host := registryOf(b.Ref)
		layers, err := map[v1.Hash]v1.Layer(nil), away[host]
		if err == nil {
			layers, err = reg.Layers(ctx, b.Ref+"@"+b.Digest, nil)
		}
		if registry.Away(err) {
			if slices.ContainsFunc(img.Refs, func(ref string) bool { return registryOf(ref) == host }) {
				return nil, err
			}
			away[host] = err
		}
		if err != nil {
			warn(opts, img, fmt.Sprintf("layers of %s are sent anew: %v", b.Name, err))
			continue
		}
		maps.Copy(known, layers)
	}
	return func(diffID v1.Hash) v1.Layer { return known[diffID] }, nil
}

// lineage asks the engine which registries hold the image's lower layers, where
// nobody else knows.
func lineage(ctx context.Context, eng engine.Exporter, img Image, opts Options) []engine.Base {
	l, ok := eng.(engine.Lineage)
	if !ok || !img.AskBases {
		return nil
	}
	refs, err := l.KnownAs(ctx, img.ID)
	if err != nil {
		warn(opts, img, "ask the engine for the image's bases: "+err.Error())
	}
	var bases []engine.Base
	for _, ref := range refs {
		repository, digest, _ := strings.Cut(ref, "@")
		bases = append(bases, engine.Base{Name: repository, Ref: repository, Digest: digest})
	}
	return bases
}
