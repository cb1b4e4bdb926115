//go:build linux

package containers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	fscopy "github.com/containerd/continuity/fs"
	"golang.org/x/sys/unix"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
)

// volume is a directory that containers mount.
type volume struct {
	runtime *Runtime
	record  Record
	dir     string // of the record and, in data, of the content

	filling sync.Mutex // held by whoever looks whether it is to be filled

	// Guarded by the runtime's mutex.
	users int  // containers that mount it, or are about to
	given bool // one of them may have it mounted
}

// errInUse: the volume cannot be removed yet.
var errInUse = errors.New("containers use it")

var _ engine.Volume = (*volume)(nil)

// CreateVolume makes an empty volume. A name that is taken is a usage fault.
func (r *Runtime) CreateVolume(ctx context.Context, spec engine.VolumeSpec) (engine.Volume, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	name := cmp.Or(spec.Name, newID())
	if r.volumes[name] != nil {
		return nil, fault.New(fault.Usage, "choose another name", "create volume %s: there is one of that name", name)
	}
	return r.makeVolume(name, spec.Labels)
}

// makeVolume is called with the mutex held.
func (r *Runtime) makeVolume(name string, labels map[string]string) (*volume, error) {
	v := &volume{
		runtime: r, dir: r.home.path("volumes", newID()),
		record: Record{Kind: kindVolume, Name: name, Labels: labels, Created: time.Now()},
	}
	if err := v.record.write(v.dir); err != nil {
		return nil, fmt.Errorf("create volume %s: %w", name, err)
	}
	if err := mkdir(v.data()); err != nil {
		_ = os.RemoveAll(v.dir)
		return nil, fmt.Errorf("create volume %s: %w", name, err)
	}
	r.volumes[name] = v
	return v, nil
}

// mkdir makes a directory that all may enter, whatever this process's umask.
func mkdir(dir string) error {
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	return os.Chmod(dir, 0o755)
}

// useVolume gives the volume to one more container; one that is not there is made.
func (r *Runtime) useVolume(name string, labels map[string]string) (*volume, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	v := r.volumes[name]
	if v == nil {
		made, err := r.makeVolume(name, labels)
		if err != nil {
			return nil, err
		}
		v = made
	}
	v.users++
	return v, nil
}

func (v *volume) leave() {
	v.runtime.mu.Lock()
	defer v.runtime.mu.Unlock()
	if v.users--; v.users == 0 {
		v.given = false
	}
}

// give hands the volume to a container, a user of it. The first one fills it with
// what its image has at the path, when it is empty: with owner and mode of the
// directory. The tree must be bare yet, so that nobody else can change what is
// copied. No container can have a hand in what is written either: it is written
// beside the volume's directory and put in its place.
func (v *volume) give(t tree, name string) error {
	v.filling.Lock()
	defer v.filling.Unlock()
	if v.taken() {
		return nil
	}
	if err := v.fill(t, name); err != nil {
		return fmt.Errorf("fill volume %s: %w", v.Name(), err)
	}
	v.runtime.mu.Lock()
	defer v.runtime.mu.Unlock()
	v.given = true
	return nil
}

func (v *volume) taken() bool {
	v.runtime.mu.Lock()
	defer v.runtime.mu.Unlock()
	return v.given
}

func (v *volume) fill(t tree, name string) error {
	there, err := os.ReadDir(v.data())
	if err != nil || len(there) > 0 {
		return err
	}
	at, err := t.open(name)
	if err != nil {
		return ignore(err, fs.ErrNotExist)
	}
	defer func() { _ = at.Close() }()
	if info, err := at.Stat(); err != nil || !info.IsDir() {
		return err
	}
	beside := filepath.Join(v.dir, newID())
	err = fscopy.CopyDir(beside, fdPath(at))
	if err == nil {
		err = unix.Rename(beside, v.data()) // os.Rename takes no directory that is there
	}
	if err != nil {
		_ = os.RemoveAll(beside)
	}
	return err
}

func (v *volume) data() string { return filepath.Join(v.dir, "data") }

// Name is the volume's own.
func (v *volume) Name() string { return v.record.Name }

// Remove removes the volume with what is in it.
func (v *volume) Remove(context.Context) error {
	r := v.runtime
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.volumes[v.Name()] != v:
		return nil
	case v.users > 0:
		return fmt.Errorf("remove volume %s: %d %w", v.Name(), v.users, errInUse)
	}
	if err := removeTree(v.dir); err != nil {
		return err
	}
	delete(r.volumes, v.Name())
	return nil
}
