package embedded

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/containerd/containerd/v2/core/remotes/docker"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/engine/buildkit"
	"github.com/retort-ci/retort/pkg/engine/embedded/internal/state"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/internal/grace"
	"github.com/retort-ci/retort/pkg/progress"
)

// Engine builds images, keeps them and opens them. It takes a slot of the state
// directory with the first call that needs one, and holds it until Close.
type Engine struct {
	opts   Options
	client *buildkit.Client

	mu     sync.Mutex
	opened *opened
	closed bool

	runner runner
}

// opened is what an engine has while it works.
type opened struct {
	*daemon
	slot        *state.Slot
	snapshotter string
	host        host
}

var (
	_ engine.Builder   = (*Engine)(nil)
	_ engine.Inspector = (*Engine)(nil)
	_ engine.Exporter  = (*Engine)(nil)
	_ engine.Describer = (*Engine)(nil)
)

// New gives an engine for this machine. Nothing is opened yet, but what it needs
// is looked for: the error, an infrastructure fault, says what to install or to
// allow.
func New(opts Options) (*Engine, error) {
	if _, err := lookForHost(); err != nil {
		return nil, err
	}
	if _, err := opts.stateDir(); err != nil {
		return nil, err
	}
	e := &Engine{opts: opts}
	attrs := buildkit.ImageAttrs()
	// A name by its digest, so that an image is held whatever becomes of its tags.
	attrs["dangling-name-prefix"] = nameless
	e.client = buildkit.New(buildkit.Options{Dial: e.dial, Exporter: "image", ExportAttrs: attrs, PreferLocal: true, Own: e.own})
	return e, nil
}

func (e *Engine) dial(ctx context.Context) (net.Conn, error) {
	o, err := e.open(ctx)
	if err != nil {
		return nil, err
	}
	return o.dial(ctx)
}

// open starts the daemon with the first call. One that failed may be repeated.
func (e *Engine) open(ctx context.Context) (*opened, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return nil, fmt.Errorf("%w: it was closed", engine.ErrUnavailable)
	}
	if e.opened != nil {
		return e.opened, nil
	}
	o, err := e.start(quiet(ctx))
	if err != nil {
		return nil, unavailable(ctx, err)
	}
	e.opened = o
	return o, nil
}

func (e *Engine) start(ctx context.Context) (*opened, error) {
	found, err := lookForHost()
	if err != nil {
		return nil, err
	}
	dir, err := e.opts.stateDir()
	if err != nil {
		return nil, err
	}
	slot, err := state.Open(ctx, dir, func(text string) {
		progress.Or(e.opts.Progress).Emit(progress.Event{Kind: progress.Warning, Text: text})
	})
	if err != nil {
		return nil, err
	}
	o := &opened{slot: slot, host: found}
	if err := o.startDaemon(ctx, registryHosts(e.opts.PlainHTTP)); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", slot.Dir(), err), slot.Close())
	}
	o.images.current = o.current
	return o, nil
}

// startDaemon starts it with the snapshotter that works. Where the slot was used with
// one before, that is most likely still it: whether it is turns out meanwhile.
func (o *opened) startDaemon(ctx context.Context, hosts docker.RegistryHosts) (err error) {
	dir, works := o.slot.Dir(), make(chan string, 1)
	go func() { works <- snapshotter(dir) }()
	opts := workerOptions{root: dir, snapshotter: snapshotterBefore(dir), cgroupParent: o.slot.Cgroup(), hosts: hosts}
	likely := opts.snapshotter != ""
	if likely {
		if o.daemon, err = startDaemon(ctx, opts); err != nil {
			<-works // it mounts below the slot
			return err
		}
	}
	o.snapshotter = <-works
	if o.snapshotter == opts.snapshotter {
		return nil
	}
	if likely {
		if err := o.close(); err != nil {
			return err
		}
	}
	opts.snapshotter = o.snapshotter
	o.daemon, err = startDaemon(ctx, opts)
	return err
}

// unavailable puts an error on the engine's side, if it is on none.
func unavailable(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return fault.Wrap(fault.Infrastructure, fmt.Errorf("embedded engine: %w: %w", engine.ErrUnavailable, err), "")
}

// collectLimit is how long a close may take for what was not asked for.
const collectLimit = 30 * time.Second

// Close gives the slot back, after it was brought within the size that caches may
// have. Closing twice is no error.
func (e *Engine) Close() error {
	e.mu.Lock()
	e.closed = true
	o := e.opened
	e.opened = nil
	e.mu.Unlock()
	// Containers first: they stand upon what is closed below.
	left, cancel := grace.Outlive(context.Background(), 0)
	defer cancel()
	ended := e.runner.close(left)
	err := errors.Join(ended, e.client.Close())
	if o == nil {
		return err
	}
	ctx, cancel := context.WithTimeout(quiet(context.Background()), collectLimit)
	defer cancel()
	err = errors.Join(err, o.collect(ctx, e.opts.CacheSize))
	if stuck := o.close(); ended != nil || stuck != nil {
		return errors.Join(err, stuck, o.slot.Leave())
	}
	return errors.Join(err, o.slot.Close())
}

// Describe names the parts and the place.
func (e *Engine) Describe(ctx context.Context) (string, error) {
	o, err := e.open(ctx)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("embedded BuildKit %s (runc %s, %s) in %s",
		buildkitVersion(), o.host.runcVersion(ctx, o.slot.Dir()), o.snapshotter, o.slot.Dir()), nil
}
