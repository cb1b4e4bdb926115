package savedimage

import (
	"context"
	"fmt"
	"io"
	"path"
	"runtime"
	"slices"
	"sync"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"golang.org/x/sync/errgroup"
)

// What is compressed at once at most: blocks of one layer where they are
// independent, as those of gzip here, or else layers. More is faster than what
// follows, and each takes memory: 2 to 4 MB.
const (
	maxBlocks = 3
	maxLayers = 3
)

// maker makes layers of the stream's files while the stream goes on.
type maker struct {
	opts  Options
	group *errgroup.Group
	ctx   context.Context //nolint:containedctx // the group's: a maker lives as long as one Read
	slots chan struct{}   // of compressions
	idle  chan compressor // of which there are as many as slots

	names names
	asked map[v1.Hash]*answer // of those that the image is known to have

	mu   sync.Mutex
	jobs map[v1.Hash]*job // by the file's hash
}

// job is one layer on its way.
type job struct {
	name  string
	done  chan struct{} // closed when the rest is set
	layer v1.Layer
	got   v1.Hash // its diff ID
}

func newMaker(ctx context.Context, group *errgroup.Group, opts Options) *maker {
	layers := 1
	if opts.Compression.Algorithm == "zstd" {
		layers = atOnce(maxLayers)
	}
	m := &maker{
		opts: opts, group: group, ctx: ctx,
		slots: make(chan struct{}, layers), idle: make(chan compressor, layers), jobs: map[v1.Hash]*job{},
		names: namesOf(opts.DiffIDs), asked: map[v1.Hash]*answer{},
	}
	m.ask()
	return m
}

func atOnce(most int) int { return min(runtime.GOMAXPROCS(0), most) }

// keep takes one file of the stream, and begins with a layer that is one for
// sure.
func (m *maker) keep(name string, r io.Reader, size int64, path string, before contents) (file, error) {
	f, r, err := m.direct(name, r, path, before)
	if f != (file{}) || err != nil {
		return f, err
	}
	f, err = keepFile(r, size, path)
	if err != nil {
		return f, err
	}
	media, err := f.mediaType()
	sure := err == nil && (media != types.OCIUncompressedLayer || slices.Contains(m.opts.DiffIDs, f.hash.String()))
	if sure && len(m.opts.DiffIDs) > 0 {
		m.begin(name, f)
	}
	return f, nil
}

// begin makes a layer of the file, once for all files of the same content.
func (m *maker) begin(name string, f file) *job {
	j, first := m.job(name, f.hash)
	if first {
		m.group.Go(func() error { return m.make(j, f) })
	}
	return j
}

// job gives the one of the content; it is to be done by who is first to ask.
func (m *maker) job(name string, content v1.Hash) (j *job, first bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if j := m.jobs[content]; j != nil {
		return j, false
	}
	j = &job{name: name, done: make(chan struct{})}
	m.jobs[content] = j
	return j, true
}

// find gives the job of a layer that manifest.json names. What the stream lacks
// may be in a registry.
func (m *maker) find(files contents, name string, diffID v1.Hash) (*job, error) {
	if f, ok := files[path.Clean(name)]; ok {
		return m.begin(name, f), nil
	}
	if l := m.known(diffID); l != nil {
		done := make(chan struct{})
		close(done)
		j := &job{name: name, done: done, layer: l, got: diffID}
		m.ready(j, AsOCI(l))
		return j, nil
	}
	return nil, fmt.Errorf("layer %s is not in the saved image", name)
}

// wait gives the layer when all of it is made, and is what the config says.
func (j *job) wait(ctx context.Context, want v1.Hash) (v1.Layer, error) {
	select {
	case <-j.done:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	if j.got != want {
		return nil, fmt.Errorf("layer %s is %s, the config says %s", j.name, j.got, want)
	}
	return j.layer, nil
}
