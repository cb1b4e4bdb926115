//go:build linux

package containers_test

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"sync"
	"testing"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/engine/embedded/containers"
	"github.com/retort-ci/retort/pkg/internal/owner"
)

// misplaced is a Rootfs that is not where it says.
type misplaced struct{ containers.Rootfs }

func (m misplaced) Path() string { return m.Rootfs.Path() + "/missing" }

// Of a file system that cannot be found nothing is kept, and nothing else is
// unmounted in its place.
func TestRootfsMisplaced(t *testing.T) {
	t.Parallel()
	host := shared(t)
	want := mountPoints(t, host)
	var b *bench
	b = newBench(t, func(o *containers.Options) {
		o.Rootfs = func(ctx context.Context, name string) (containers.Rootfs, error) {
			r, err := b.rootfs(ctx, name)
			return misplaced{r}, err
		}
	})
	if _, err := b.Create(t.Context(), engine.ContainerSpec{Image: "probe"}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("created with %v", err)
	}
	if got := mountPoints(t, host); !slices.Equal(got, want) {
		t.Errorf("mounted are %q, were %q", got, want)
	}
}

// A sweep that comes while a container is made, which its labels call dead, leaves
// neither a half of it nor anything else unmounted.
func TestSweptWhileMade(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	host := shared(t)
	want := mountPoints(t, host)
	made := make(chan struct{})
	var sweeping sync.WaitGroup
	sweeping.Go(func() {
		for {
			select {
			case <-made:
				return
			default:
				if _, err := b.Sweep(t.Context()); err != nil {
					t.Error(err)
				}
			}
		}
	})
	dead := owner.Self(0).Labels()
	dead["dev.retort.boot"] = "another"
	swept := 0
	for i := 0; i < 20 || swept == 0; i++ { // until a sweep came in time, too
		c, err := b.Create(t.Context(), engine.ContainerSpec{
			Image: "probe", Labels: dead, Mounts: []engine.Mount{{Host: host, Path: "/machine"}, {Volume: "v", Path: "/data"}},
		})
		if err != nil {
			swept++
			continue
		}
		if err := c.Remove(t.Context()); err != nil {
			t.Error(err)
		}
	}
	close(made)
	sweeping.Wait()
	if got := mountPoints(t, host); !slices.Equal(got, want) {
		t.Errorf("the machine has %q mounted, want %q", got, want)
	}
}
