package embedded

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/errdefs"
	"github.com/moby/buildkit/cache"
	"github.com/moby/buildkit/cache/contenthash"
	"github.com/moby/buildkit/client"

	"github.com/retort-ci/retort/pkg/engine/embedded/internal/state"
)

// fresh is how old an image is at least that gives way: a younger one may be on its
// way from one step of a pipeline to the next.
const fresh = time.Hour

// collect brings the slot's caches within what they may take. What was used least
// recently goes first; images go, the oldest first, when the rest is not enough.
func (o *opened) collect(ctx context.Context, budget int64) error {
	used, err := o.used(ctx)
	if err != nil {
		return err
	}
	space, err := o.slot.Space()
	if err != nil {
		return err
	}
	if budget == 0 {
		budget = defaultCacheSize(space)
	}
	allowed := o.slot.Allowance(budget)
	if space.Full() { // of bytes or of files: give back the half
		allowed = min(allowed, used/2)
	}
	for used > allowed {
		if err := o.prune(ctx, allowed); err != nil {
			return err
		}
		if used, err = o.used(ctx); err != nil {
			return err
		}
		if used <= allowed {
			break
		}
		let, err := o.letGo(ctx, time.Now().Add(-fresh))
		if err != nil {
			return err
		}
		if let == 0 {
			break // the rest is young, or in use
		}
	}
	return o.slot.Took(used)
}

// used sums what BuildKit knows of: snapshots and blobs, those of images too.
func (o *opened) used(ctx context.Context) (sum int64, err error) {
	records, err := o.worker.DiskUsage(ctx, client.DiskUsageInfo{})
	for _, record := range records {
		sum += record.Size
	}
	return sum, err
}

// forget clears what BuildKit remembers for the whole process of the slot's records:
// it would ask the closed databases when the slot is opened again. They are asked
// themselves, since a list of what is used leaves out records that a build which has
// just ended holds twice.
func (d *daemon) forget() error {
	records, err := d.worker.MetadataStore.All()
	for _, record := range records {
		contenthash.ClearCacheContext(named{id: record.ID()})
	}
	return err
}

// named is a record of which only the name is asked.
type named struct {
	cache.RefMetadata
	id string
}

// ID is the record's.
func (n named) ID() string { return n.id }

// prune removes records until the rest takes so much. Those of images stay.
func (o *opened) prune(ctx context.Context, keep int64) error {
	removed := make(chan client.UsageInfo)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range removed { // it must be read
		}
	}()
	// 0 is no limit there.
	err := o.worker.Prune(ctx, removed, client.PruneInfo{MaxUsedSpace: max(1, keep)})
	close(removed)
	<-done
	if err != nil {
		return err
	}
	if tidy, ok := o.cache.(interface {
		ReleaseUnreferenced(ctx context.Context) error
	}); ok {
		err = tidy.ReleaseUnreferenced(ctx)
	}
	return errors.Join(err, o.worker.GarbageCollect(ctx))
}

// letGo forgets the older half of the images that were last made, or built again,
// before the time, and tells how many.
func (o *opened) letGo(ctx context.Context, before time.Time) (int, error) {
	all, err := o.images.List(ctx)
	if err != nil {
		return 0, err
	}
	all = slices.DeleteFunc(all, func(i images.Image) bool { return i.UpdatedAt.After(before) })
	slices.SortFunc(all, func(a, b images.Image) int { return a.UpdatedAt.Compare(b.UpdatedAt) })
	all = all[:(len(all)+1)/2]
	for _, image := range all {
		if err := o.images.Delete(ctx, image.Name); err != nil && !errdefs.IsNotFound(err) {
			return 0, err
		}
		if err := o.forgetImage(ctx, image); err != nil {
			return 0, err
		}
	}
	return len(all), nil
}

// forgetImage lets the removed name stand for nothing, and the digest when no other
// name keeps the image.
func (o *opened) forgetImage(ctx context.Context, image images.Image) error {
	held, err := o.held(ctx, image.Target.Digest)
	if err == nil && len(held) == 0 {
		err = o.slot.Forget(state.Image{Name: byID(image.Target.Digest), Target: image.Target})
	}
	return errors.Join(err, o.slot.Forget(state.Image{Name: image.Name, Target: image.Target}))
}

// defaultCacheSize is what caches may take on the disk of a directory, in bytes:
// 10 GB or a tenth of it, whichever is less.
func defaultCacheSize(s state.Space) int64 { return min(10e9, s.Size/10) }
