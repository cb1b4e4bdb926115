// Package push is the step that sends images from the engine to their
// repositories and gives the digest that each registry confirms.
package push

import (
	"cmp"
	"context"
	"fmt"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sync/errgroup"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/progress"
	"github.com/retort-ci/retort/pkg/registry"
)

// DefaultParallel is how many images are sent at once unless Options say.
const DefaultParallel = 2

// Registry is what the step asks of a registry client; *registry.Client has it.
type Registry interface {
	Push(ctx context.Context, img v1.Image, refs ...string) (registry.Pushed, error)
	PushIndex(ctx context.Context, index v1.ImageIndex, refs ...string) (registry.Pushed, error)
	Copy(ctx context.Context, src, dst string) (registry.Copied, error)
	Layers(ctx context.Context, ref string, platform *v1.Platform) (map[v1.Hash]v1.Layer, error)
	Deposit(ctx context.Context, layer v1.Layer, refs ...string) error
	Held(ctx context.Context, hint registry.Hint, refs ...string) (v1.Layer, error)
	Image(ctx context.Context, ref string, platform *v1.Platform) (v1.Image, error)
	Resolve(ctx context.Context, ref string) (v1.Descriptor, error)
}

var _ Registry = (*registry.Client)(nil)

// Options say what to send where.
type Options struct {
	Images   []Image
	Parallel int    // images at once; DefaultParallel when 0
	TempDir  string // for exported layers; the system's when empty
	// Compression is that of layers that no registry holds yet and that the engine
	// has uncompressed: blobs of a containerd store stay as they are. The zero value
	// lets the cheapest way decide. Anything else gives an image one digest wherever
	// its bases can be asked; layers of one that cannot are compressed anew.
	Compression engine.Compression
	// CacheDir keeps what is known of layers and images that were pushed, so that
	// they are not read out of the engine again. It is safe to lose, and may be
	// empty: then nothing is kept.
	CacheDir string
	Progress progress.Sink
}

// Image is one image and the names it is to have.
type Image struct {
	Service string
	ID      string        // the engine's image ID; not needed when Digest is known
	Bases   []engine.Base // what it was built upon: their layers keep their digests
	// AskBases asks the engine what the image was built upon, where nobody knows.
	AskBases bool
	Refs     []string // references with tags, at least one
	// Fixed are those of Refs that may name another image already and are not to be
	// moved: the engine, which would move them unasked, is not let near them.
	Fixed []string
	// Digest is repo@sha256:… where a registry holds the image already. Then
	// nothing is exported: the names are given by digest.
	Digest string
}

// Result holds what was sent, in the order of Options.Images.
type Result struct {
	Images []Pushed
}

// Pushed is an image as a registry confirmed it.
type Pushed struct {
	Service string
	registry.Pushed
	Elapsed time.Duration
}

// Run sends every image. Each is exported once, whatever the number of its
// references, and one digest comes back for it.
func Run(ctx context.Context, eng engine.Exporter, reg Registry, opts Options) (Result, error) {
	result := Result{Images: make([]Pushed, len(opts.Images))}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(cmp.Or(max(opts.Parallel, 0), DefaultParallel))
	for i, img := range opts.Images {
		g.Go(func() (err error) {
			result.Images[i], err = one(ctx, eng, reg, img, opts)
			return err
		})
	}
	return result, g.Wait()
}

func one(ctx context.Context, eng engine.Exporter, reg Registry, img Image, opts Options) (Pushed, error) {
	begun := time.Now()
	pushed, status, err := send(ctx, eng, reg, img, opts)
	out := Pushed{Service: img.Service, Pushed: pushed, Elapsed: time.Since(begun)}
	progress.Or(opts.Progress).Emit(progress.Event{
		Kind: progress.TaskEnd, Stage: "push", Subject: img.Service, Task: "image", Status: status,
		Text: pushed.Digest, Elapsed: out.Elapsed, Err: err,
	})
	if err != nil {
		return out, fmt.Errorf("push %s: %w", img.Service, err)
	}
	return out, nil
}

func send(ctx context.Context, eng engine.Exporter, reg Registry, img Image, opts Options) (registry.Pushed, progress.Status, error) {
	if img.Digest != "" {
		pushed, err := nameAgain(ctx, reg, img)
		return pushed, statusOf(err, progress.Skipped), err
	}
	pushed, done, err := index(ctx, eng, reg, img, opts)
	if done {
		return pushed, statusOf(err, progress.Done), err
	}
	mem := memory{dir: opts.CacheDir}
	pushed, known, err := remembered(ctx, eng, reg, mem, img, opts)
	if known {
		return pushed, statusOf(err, progress.Skipped), err
	}
	if pushed, done, err = fromThere(ctx, eng, reg, img, opts); !done {
		pushed, done, err = byEngine(ctx, eng, reg, img, opts)
	}
	if !done {
		pushed, err = export(ctx, eng, reg, mem, img, opts)
	}
	if err == nil {
		mem.keepImage(img.ID, opts.Compression, pushed)
	}
	return pushed, statusOf(err, progress.Done), err
}

// nameAgain gives more names to an image that a registry holds, by its digest.
func nameAgain(ctx context.Context, reg Registry, img Image) (registry.Pushed, error) {
	var out registry.Pushed
	for _, ref := range img.Refs {
		copied, err := reg.Copy(ctx, img.Digest, ref)
		if err != nil {
			return out, err
		}
		if out.Digest == "" {
			out.Repository, out.Digest = copied.Repository, copied.Digest
		}
		out.Refs = append(out.Refs, copied.Ref)
	}
	return out, nil
}

func statusOf(err error, ok progress.Status) progress.Status {
	if err != nil {
		return progress.Failed
	}
	return ok
}
