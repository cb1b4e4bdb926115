package gatewayrun

import (
	"context"

	"github.com/moby/buildkit/client"
	gateway "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/solver/pb"
)

// pin keeps the daemon's garbage collection from the volume between two of its
// containers, and lets them share it: a container that is never started has it
// mounted, in a build of its own.
func (v *volume) pin(ctx context.Context, conn *client.Client) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.unpin != nil {
		return nil
	}
	live, cancel := context.WithCancelCause(quiet(context.WithoutCancel(ctx)))
	made, release, released := make(chan error, 1), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(released)
		_, err := conn.Build(live, client.SolveOpt{Internal: true}, "retort", func(ctx context.Context, gw gateway.Client) (*gateway.Result, error) {
			c, err := gw.NewContainer(ctx, gateway.NewContainerRequest{Mounts: []gateway.Mount{
				{Dest: "/", MountType: pb.MountType_BIND},
				{Dest: "/volume", MountType: pb.MountType_CACHE, CacheOpt: &pb.CacheOpt{ID: v.id, Sharing: pb.CacheSharingOpt_SHARED}},
			}})
			if err != nil {
				return nil, err
			}
			made <- nil
			select {
			case <-release:
			case <-ctx.Done():
			}
			late, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseLimit)
			defer cancel()
			return gateway.NewResult(), c.Release(late)
		}, nil)
		select {
		case made <- err:
		default: // it was made
		}
	}()
	end := func(ctx context.Context) {
		close(release)
		select {
		case <-released:
		case <-ctx.Done():
		}
		cancel(errReleased)
	}
	select {
	case err := <-made:
		if err != nil {
			cancel(err)
			return explain(ctx, "make volume "+v.name, err)
		}
		v.unpin = end
		return nil
	case <-ctx.Done():
		cancel(context.Cause(ctx))
		return context.Cause(ctx)
	}
}

// pinned pins the container's volumes.
func (c *container) pinned(ctx context.Context, conn *client.Client) error {
	for _, v := range c.volumes {
		if err := v.pin(ctx, conn); err != nil {
			return err
		}
	}
	return nil
}
