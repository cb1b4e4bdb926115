//go:build linux

package containers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	specs "github.com/opencontainers/runtime-spec/specs-go"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/internal/grace"
	"github.com/retort-ci/retort/pkg/internal/placing"
)

// cleanupLimit bounds what is done after the caller's context has ended.
const cleanupLimit = 5 * time.Second

// errGone: the container was removed.
var errGone = errors.New("the container was removed")

// container is one from its creation to its removal.
type container struct {
	runtime  *Runtime
	id       string
	record   Record
	spec     engine.ContainerSpec
	hostname string
	init     string // path here of the init program, where the spec wants one

	rootfs  Rootfs // nil until it is there
	image   ocispecs.Image
	tree    tree
	volumes []*volume // that it uses
	laid    []laid    // what lies over its image
	member  *member   // nil without a private network
	oci     *specs.Spec

	mu      sync.Mutex
	process *process // nil until it was started
	gone    bool     // removed, or about to be
	copies  []*io.PipeWriter
	copying sync.WaitGroup

	removal sync.Mutex // held by whoever removes, or makes
}

var (
	_ engine.Created       = (*container)(nil)
	_ engine.Container     = (*running)(nil)
	_ engine.Killer        = (*running)(nil)
	_ engine.FileCopier    = (*running)(nil)
	_ engine.HealthChecker = (*running)(nil)
	_ engine.PortProber    = (*running)(nil)
)

// running is a container that was started.
type running struct {
	*container
	*process
}

// Start creates and starts.
func (r *Runtime) Start(ctx context.Context, spec engine.ContainerSpec) (engine.Container, error) {
	c, err := r.prepare(ctx, spec)
	if err != nil {
		return nil, err
	}
	started, err := c.Start(ctx, spec.Stdout, spec.Stderr)
	if err != nil {
		c.removeLate(ctx)
	}
	return started, err
}

// Create does all that comes before the start, which is most of the work.
func (r *Runtime) Create(ctx context.Context, spec engine.ContainerSpec) (engine.Created, error) {
	c, err := r.prepare(ctx, spec)
	if err != nil {
		return nil, err
	}
	return c, nil
}

// prepare leaves nothing behind when it fails, also when ctx ends in the middle.
func (r *Runtime) prepare(ctx context.Context, spec engine.ContainerSpec) (*container, error) {
	for _, check := range []func(engine.ContainerSpec) error{placing.CheckMounts, placing.CheckFiles, checkSpec} {
		if err := check(spec); err != nil {
			return nil, err
		}
	}
	c, err := r.register(spec)
	if err != nil {
		return nil, err
	}
	for _, step := range []func(context.Context) error{
		c.findInit, c.takeRootfs, c.unlessRemoved(c.writeNames), c.unlessRemoved(c.checkFiles),
		c.unlessRemoved(c.layOver), c.unlessRemoved(c.putFiles), c.unlessRemoved(c.writeBundle),
	} {
		if err == nil && ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		if err == nil {
			err = step(ctx)
		}
	}
	if err != nil {
		c.removeLate(ctx)
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return nil, err
	}
	return c, nil
}

// unlessRemoved is for what makes the container: a sweep can remove it before it is
// all there, and neither must find the other half done.
func (c *container) unlessRemoved(step func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		c.removal.Lock()
		defer c.removal.Unlock()
		if c.isGone() {
			return errGone
		}
		return step(ctx)
	}
}

// register takes the name and writes the container down.
func (r *Runtime) register(spec engine.ContainerSpec) (*container, error) {
	id := newID()
	c := &container{
		runtime: r, id: id, spec: spec, hostname: cmp.Or(spec.Hostname, id),
		record: Record{Kind: kindContainer, Name: cmp.Or(spec.Name, id), Labels: spec.Labels, Created: time.Now()},
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, other := range r.containers {
		if other.record.Name == c.record.Name {
			return nil, fault.New(fault.Usage, "choose another name", "create container %s: there is one of that name", spec.Name)
		}
	}
	if err := c.record.write(c.dir()); err != nil {
		return nil, fmt.Errorf("create container %s: %w", c.record.Name, err)
	}
	r.containers[id] = c
	return c, nil
}

// dir is the container's bundle.
func (c *container) dir() string { return c.runtime.home.path("containers", c.id) }

func (c *container) file(name string) string { return filepath.Join(c.dir(), name) }

func (c *container) takeRootfs(ctx context.Context) error {
	rootfs, err := c.runtime.opts.Rootfs(ctx, c.spec.Image)
	if err != nil {
		return fmt.Errorf("create a container of %s: %w", c.spec.Image, err)
	}
	at, err := filepath.EvalSymlinks(rootfs.Path()) // as the kernel names it in its list of mounts
	if err == nil {
		err = c.unlessRemoved(func(context.Context) error {
			c.rootfs, c.image, c.tree = rootfs, rootfs.Config(), tree(at)
			return nil
		})(ctx)
	}
	if err != nil { // nobody else knows of it
		late, cancel := grace.Outlive(ctx, cleanupLimit)
		defer cancel()
		err = errors.Join(err, rootfs.Release(late))
	}
	return err
}

// writeNames joins the network, and writes the files by which the container knows
// itself and others.
func (c *container) writeNames(context.Context) error {
	if c.spec.Network == hostNetwork && c.spec.Hostname == "" {
		name, err := os.Hostname()
		if err != nil {
			return err
		}
		c.hostname = name
	}
	hosts, err := hostsOf(c.spec, c.hostname)
	if err != nil {
		return err
	}
	resolv, err := resolvConf(c.spec.Network)
	if err != nil {
		return err
	}
	for name, text := range map[string]string{"hosts": hosts, "resolv.conf": resolv, "hostname": c.hostname + "\n"} {
		if err := rewrite(c.file(name), text); err != nil {
			return err
		}
	}
	switch c.spec.Network {
	case "", noNetwork, hostNetwork:
		return nil
	}
	return c.join(hosts)
}

func (c *container) join(hosts string) error {
	r := c.runtime
	r.mu.Lock()
	n := r.networks[c.spec.Network]
	r.mu.Unlock()
	if n == nil {
		return fault.New(fault.Usage, `create the network first, or use "none" or "host"`, "create a container: no network %q", c.spec.Network)
	}
	m := &member{
		hosts: c.file("hosts"), own: hosts,
		names: append([]string{c.hostname, c.record.Name}, c.spec.Aliases...),
	}
	if err := n.join(m); err != nil {
		return fault.Wrap(fault.Infrastructure, err, "")
	}
	c.member = m
	return nil
}

// layOver mounts what lies over the image. What runc mounts below it is left to
// runc.
func (c *container) layOver(context.Context) error {
	all, err := c.layers()
	if err != nil {
		return err
	}
	c.laid = all
	for _, l := range all {
		if l.volume == nil {
			continue
		}
		if err := l.volume.give(c.tree, l.path); err != nil {
			return fault.Wrap(fault.Infrastructure, err, "")
		}
	}
	if err := c.tree.private(); err != nil {
		return err
	}
	for _, l := range all {
		if l.late() {
			continue
		}
		if err := c.tree.layOver(l); err != nil {
			return err
		}
	}
	return nil
}

// removeLate removes although ctx may have ended; what fails here is left to the
// sweep.
func (c *container) removeLate(ctx context.Context) {
	late, cancel := grace.Outlive(ctx, cleanupLimit)
	defer cancel()
	_ = c.Remove(late)
}

// ID is the container's own.
func (c *container) ID() string { return c.id }

// Start executes the command, once. What it prints goes to the writers.
func (c *container) Start(ctx context.Context, stdout, stderr io.Writer) (engine.Container, error) {
	p, err := c.launch(ctx, stdout, stderr)
	if err != nil {
		return nil, err
	}
	if err := p.started(ctx, c); err != nil {
		return nil, err
	}
	return &running{container: c, process: p}, nil
}
