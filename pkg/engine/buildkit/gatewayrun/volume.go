package gatewayrun

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/moby/buildkit/client"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/internal/owner"
)

// volume is a cache mount of the daemon's: storage outside of every image, which
// begins empty.
type volume struct {
	runtime *Runtime
	name    string
	id      string // the cache mount's
	labels  map[string]string
	made    time.Time

	mu    sync.Mutex
	users int
	begun bool // a container has been given it
	unpin func(context.Context)
}

var _ engine.Volume = (*volume)(nil)

// cachePrefix begins the IDs of our cache mounts.
const cachePrefix = "retort-volume?"

// cacheID holds whose the volume is: the daemon keeps no labels.
func cacheID(name string, labels map[string]string) string {
	v := url.Values{}
	for key, value := range labels {
		v.Set(key, value)
	}
	v.Set("name", name)
	v.Set("id", rand.Text()) // what another volume of the name left is none of this one's
	return cachePrefix + v.Encode()
}

// CreateVolume names a volume; the daemon makes it with the first container that
// mounts it.
func (r *Runtime) CreateVolume(ctx context.Context, spec engine.VolumeSpec) (engine.Volume, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	name := spec.Name
	if name == "" {
		name = rand.Text()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, taken := r.volumes[name]; taken {
		return nil, fault.New(fault.Usage, "choose another name", "buildkit: create volume %s: there is one of that name", name)
	}
	v := &volume{runtime: r, name: name, id: cacheID(name, spec.Labels), labels: spec.Labels, made: time.Now()}
	r.volumes[name] = v
	return v, nil
}

// Name is the spec's, or one of our choice.
func (v *volume) Name() string { return v.name }

// Remove removes the volume with what is in it.
func (v *volume) Remove(ctx context.Context) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.users > 0 {
		return fmt.Errorf("buildkit: remove volume %s: %d containers use it", v.name, v.users)
	}
	if v.unpin != nil {
		v.unpin(ctx)
		v.unpin = nil
	}
	if v.begun {
		conn, err := v.runtime.opts.Connect(ctx)
		if err != nil {
			return err
		}
		if err := pruneWhole(ctx, conn, v.id); err != nil {
			return explain(ctx, "remove volume "+v.name, err)
		}
		v.begun = false
	}
	v.runtime.mu.Lock()
	defer v.runtime.mu.Unlock()
	if v.runtime.volumes[v.name] == v {
		delete(v.runtime.volumes, v.name)
	}
	return nil
}

// use takes the spec's volumes, makes those that are missing, and gives the
// function that gives them back. Fresh are those that no container has had.
func (r *Runtime) use(spec engine.ContainerSpec) (used map[string]*volume, fresh map[string]bool, leave func()) {
	used, fresh = map[string]*volume{}, map[string]bool{}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, m := range spec.Mounts {
		v, ok := r.volumes[m.Volume]
		if !ok {
			v = &volume{runtime: r, name: m.Volume, id: cacheID(m.Volume, spec.Labels), labels: spec.Labels, made: time.Now()}
			r.volumes[m.Volume] = v
		}
		if used[m.Volume] != nil {
			continue
		}
		used[m.Volume] = v
		v.mu.Lock()
		v.users++
		fresh[m.Volume] = !v.begun
		v.begun = true
		v.mu.Unlock()
	}
	return used, fresh, sync.OnceFunc(func() {
		for _, v := range used {
			v.mu.Lock()
			v.users--
			v.mu.Unlock()
		}
	})
}

// usage is a cache mount of ours that the daemon has.
type usage struct {
	record string // the daemon's ID of it
	cache  string // ours
	labels map[string]string
	age    time.Duration
	inUse  bool
}

// name is the volume's.
func (u usage) name() string { return u.labels["name"] }

// volumesOf lists ours.
func volumesOf(ctx context.Context, conn *client.Client) ([]usage, error) {
	records, err := conn.DiskUsage(ctx)
	if err != nil {
		return nil, err
	}
	var all []usage
	for _, r := range records {
		// The description ends with the ID as Go quotes it.
		_, quoted, ok := strings.Cut(r.Description, ` with id "`+cachePrefix)
		if !ok {
			continue
		}
		id, err := strconv.Unquote(`"` + cachePrefix + quoted)
		if err != nil {
			continue
		}
		u := usage{record: r.ID, cache: id, labels: map[string]string{}, age: time.Since(r.CreatedAt), inUse: r.InUse}
		values, err := url.ParseQuery(strings.TrimPrefix(id, cachePrefix))
		if err != nil {
			continue
		}
		for key := range values {
			u.labels[key] = values.Get(key)
		}
		all = append(all, u)
	}
	return all, nil
}

// prune removes those of ours that are meant.
func prune(ctx context.Context, conn *client.Client, meant func(usage) bool) error {
	all, err := volumesOf(ctx, conn)
	if err != nil {
		return err
	}
	var filter []string // joined by OR
	for _, u := range all {
		if meant(u) {
			filter = append(filter, "id=="+u.record)
		}
	}
	if len(filter) == 0 {
		return nil
	}
	return conn.Prune(ctx, nil, client.PruneAll, client.WithFilter(filter))
}

// pruneWhole removes a cache mount until it is gone: Prune passes over a record that is
// in use, be it that another list measures it.
func pruneWhole(ctx context.Context, conn *client.Client, id string) error {
	ctx, cancel := context.WithTimeout(ctx, cleanupLimit)
	defer cancel()
	for wait := time.Duration(0); ; wait = min(2*wait+time.Millisecond, 100*time.Millisecond) {
		there := false
		err := prune(ctx, conn, func(u usage) bool {
			there = there || u.cache == id
			return u.cache == id
		})
		if err != nil || !there {
			return err
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return fmt.Errorf("it is in use: %w", context.Cause(ctx))
		}
	}
}

// Sweep removes volumes of runs that are dead. Containers end with the connection
// of their run.
func (r *Runtime) Sweep(ctx context.Context) ([]string, error) {
	conn, err := r.opts.Connect(ctx)
	if err != nil {
		return nil, err
	}
	removed, err := r.sweepOwn(ctx)
	if err != nil {
		return removed, err
	}
	err = prune(ctx, conn, func(u usage) bool {
		o, ours := owner.Parse(u.labels)
		if !ours || u.inUse || !o.Dead(u.age) {
			return false
		}
		removed = append(removed, "volume "+u.name())
		return true
	})
	if err != nil {
		return nil, explain(ctx, "sweep", err)
	}
	return removed, nil
}

// sweepOwn removes volumes that this process holds for a run that is dead.
func (r *Runtime) sweepOwn(ctx context.Context) (removed []string, err error) {
	r.mu.Lock()
	all := slices.Collect(maps.Values(r.volumes))
	r.mu.Unlock()
	for _, v := range all {
		v.mu.Lock()
		used := v.users > 0
		v.mu.Unlock()
		if o, ours := owner.Parse(v.labels); !ours || used || !o.Dead(time.Since(v.made)) {
			continue
		}
		if err := v.Remove(ctx); err != nil {
			return removed, err
		}
		removed = append(removed, "volume "+v.name)
	}
	return removed, nil
}

// Left names the volumes that the daemon has of a run, and the run's containers and
// networks as far as they are of this process.
func (r *Runtime) Left(ctx context.Context, run string) ([]string, error) {
	conn, err := r.opts.Connect(ctx)
	if err != nil {
		return nil, err
	}
	all, err := volumesOf(ctx, conn)
	if err != nil {
		return nil, explain(ctx, "list volumes", err)
	}
	var left []string
	for _, u := range all {
		if u.labels[owner.LabelRun] == run {
			left = append(left, "volume "+u.name())
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for c := range r.containers {
		if c.spec.Labels[owner.LabelRun] == run {
			left = append(left, "container "+c.spec.Name)
		}
	}
	for id, n := range r.networks {
		if n.labels[owner.LabelRun] == run {
			left = append(left, "network "+id)
		}
	}
	return left, nil
}
