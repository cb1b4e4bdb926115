package embedded

import (
	"context"
	"errors"
	"sync"

	"github.com/moby/buildkit/cache"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// Rootfs is an image unpacked and mounted for one container, which writes to a
// layer of its own.
type Rootfs struct {
	config ocispecs.Image
	mount  *mounted

	mu    sync.Mutex
	layer cache.MutableRef // nil once it is released
}

// Rootfs mounts the image with this ID or reference. Layers that were built in
// this slot are there already, others are unpacked when they are first used. The
// caller releases it.
func (e *Engine) Rootfs(ctx context.Context, ref string) (*Rootfs, error) {
	o, err := e.open(ctx)
	if err != nil {
		return nil, err
	}
	ctx = quiet(ctx)
	image, err := o.unpack(ctx, ref)
	if err != nil {
		return nil, err
	}
	defer func() { _ = image.release(context.WithoutCancel(ctx)) }() // what is upon it holds it
	layer, err := o.worker.CacheMgr.New(ctx, image.ref, nil, cache.WithDescription("container of "+ref))
	if err != nil {
		return nil, unavailable(ctx, err)
	}
	at, err := o.mountAt(ctx, layer, false)
	if err != nil {
		return nil, unavailable(ctx, errors.Join(err, layer.Release(context.WithoutCancel(ctx))))
	}
	return &Rootfs{config: image.config, mount: at, layer: layer}, nil
}

// Config is the image's: OCI image-spec, config.md.
func (r *Rootfs) Config() ocispecs.Image { return r.config }

// Path is the directory where it is mounted; it can be written to.
func (r *Rootfs) Path() string { return r.mount.dir }

// Release takes the mount away and then removes what was written. Releasing twice
// is no error; one that failed may be repeated.
func (r *Rootfs) Release(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.layer == nil {
		return nil
	}
	if err := r.mount.close(); err != nil {
		return err
	}
	if err := r.layer.Release(quiet(context.WithoutCancel(ctx))); err != nil {
		return err
	}
	r.layer = nil
	return nil
}
