//go:build linux

package containers

import (
	"cmp"
	"context"
	"path/filepath"
	"sync"

	runc "github.com/containerd/go-runc"
	"github.com/hashicorp/go-multierror"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/internal/many"
)

// Rootfs is a container's own file system, made of an image.
type Rootfs interface {
	// Config is the image's configuration.
	Config() ocispecs.Image
	// Path is where it is mounted, absolute and clean: writable, and for this
	// container alone.
	Path() string
	// Release unmounts and removes it; the files are gone.
	Release(ctx context.Context) error
}

// Options are what a Runtime needs. Root and Rootfs must be given.
type Options struct {
	// Root is the directory for bundles, volumes and what is written down of
	// them. Several processes may share it.
	Root string
	// Rootfs makes a file system for one container of the image.
	// engine.ErrImageNotFound wrapped when there is no such image.
	Rootfs func(ctx context.Context, image string) (Rootfs, error)
	// Runc is the path of runc 1.1 or later; "runc" on PATH when empty.
	Runc string
	// Cgroup is the parent of the containers' control groups; "/retort" when empty.
	Cgroup string
	// Warn is told, once each, what a container asked for and does not get: limits,
	// and the right to make device files, where control groups cannot be written.
	Warn func(text string)
}

// Runtime runs containers. They end with Close, and with the process.
type Runtime struct {
	opts    Options
	home    *home
	cgroups cgroups
	runc    *runc.Runc

	mu         sync.Mutex
	containers map[string]*container // by ID
	networks   map[string]*network   // by ID
	volumes    map[string]*volume    // by name
	warned     map[string]bool
}

var (
	_ engine.Runner    = (*Runtime)(nil)
	_ engine.Creator   = (*Runtime)(nil)
	_ engine.Networker = (*Runtime)(nil)
	_ engine.Volumer   = (*Runtime)(nil)
	_ engine.Sweeper   = (*Runtime)(nil)
)

// New takes a directory of its own below opts.Root. The caller closes.
func New(opts Options) (*Runtime, error) {
	root, err := filepath.Abs(opts.Root)
	if err != nil {
		return nil, err
	}
	opts.Cgroup = filepath.Join("/", cmp.Or(opts.Cgroup, "retort"))
	home, err := newHome(root)
	if err != nil {
		return nil, err
	}
	opts.Root = filepath.Dir(home.dir) // as the kernel names it in its list of mounts
	return &Runtime{
		opts: opts, home: home, cgroups: findCgroups(filepath.Join(opts.Cgroup, home.id())),
		runc: &runc.Runc{
			Command: opts.Runc, Root: home.path("runc"),
			// A signal of the terminal is for retort, which decides what becomes of
			// its containers.
			Setpgid: true,
		},
		containers: map[string]*container{}, networks: map[string]*network{}, volumes: map[string]*volume{},
		warned: map[string]bool{},
	}, nil
}

// Close removes what is still there: containers, networks, volumes, and the
// directory. Closing twice is no error.
func (r *Runtime) Close(ctx context.Context) error {
	var errs *multierror.Error
	for _, t := range r.things() {
		if err := t.remove(ctx); err != nil {
			errs = multierror.Append(errs, err)
		}
	}
	if errs == nil { // what could not be unmounted must not be deleted either
		if err := r.home.remove(); err != nil {
			errs = multierror.Append(errs, err)
		}
	}
	r.cgroups.remove()
	return many.Errors(errs)
}

// warn tells each text once.
func (r *Runtime) warn(text string) {
	r.mu.Lock()
	told := r.warned[text]
	r.warned[text] = true
	r.mu.Unlock()
	if r.opts.Warn != nil && !told {
		r.opts.Warn(text)
	}
}
