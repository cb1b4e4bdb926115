//go:build linux

package containers

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/gofrs/flock"
	"github.com/moby/sys/mountinfo"
)

const (
	lockSuffix = ".lock"
	// gateName is the lock under which homes are made and looked for.
	gateName = "gate" + lockSuffix
	// mark is what the lock file of a home says: no other is swept. It is there
	// from before the home's directory until after.
	mark = "a home of retort's containers\n"
)

// home is the directory of one process. Whoever holds its lock may remove it:
// the process itself, or a later one once it is dead.
type home struct {
	dir  string
	lock *flock.Flock
}

// newHome makes one below root.
func newHome(root string) (*home, error) {
	if err := os.MkdirAll(root, 0o700); err != nil {
		return nil, err
	}
	root, err := filepath.EvalSymlinks(root) // as the kernel names it in its list of mounts
	if err != nil {
		return nil, err
	}
	gate, err := enter(root)
	if err != nil {
		return nil, err
	}
	defer func() { _ = gate.Close() }()
	h := &home{dir: filepath.Join(root, newID())}
	h.lock = flock.New(h.dir + lockSuffix)
	if err := h.lock.Lock(); err != nil {
		return nil, fmt.Errorf("lock %s: %w", h.dir, err)
	}
	if err := os.WriteFile(h.lock.Path(), []byte(mark), 0o600); err != nil {
		return nil, errors.Join(err, os.Remove(h.lock.Path()), h.lock.Close())
	}
	return h, os.Mkdir(h.dir, 0o700)
}

// abandoned gives the homes of dead processes. The caller has their locks.
func abandoned(root string) ([]*home, error) {
	gate, err := enter(root)
	if err != nil {
		return nil, err
	}
	defer func() { _ = gate.Close() }()
	locks, err := filepath.Glob(filepath.Join(root, "*"+lockSuffix))
	if err != nil {
		return nil, err
	}
	var all []*home
	for _, path := range locks {
		h := &home{dir: strings.TrimSuffix(path, lockSuffix), lock: flock.New(path)}
		if !h.ours() {
			continue
		}
		if free, err := h.lock.TryLock(); err == nil && free {
			all = append(all, h)
		}
	}
	return all, nil
}

// ours is false for what newHome has not made, which somebody keeps beside the
// homes. A maker that was killed at once leaves an empty lock file alone.
func (h *home) ours() bool {
	if !idShape.MatchString(h.id()) {
		return false
	}
	says, err := os.ReadFile(h.lock.Path())
	if err != nil {
		return false
	}
	dir, err := os.Lstat(h.dir)
	if errors.Is(err, os.ErrNotExist) {
		return len(says) == 0 || string(says) == mark
	}
	return err == nil && dir.IsDir() && string(says) == mark
}

// enter waits for the moment in which nobody makes or looks for homes: between a
// lock file's creation and its locking, its home would look abandoned.
func enter(root string) (*flock.Flock, error) {
	gate := flock.New(filepath.Join(root, gateName))
	if err := gate.Lock(); err != nil {
		return nil, fmt.Errorf("lock %s: %w", root, err)
	}
	return gate, nil
}

func (h *home) id() string { return filepath.Base(h.dir) }

func (h *home) path(elem ...string) string {
	return filepath.Join(append([]string{h.dir}, elem...)...)
}

// remove deletes the directory, then gives up the lock.
func (h *home) remove() error {
	if err := removeTree(h.dir); err != nil {
		return err
	}
	return errors.Join(ignore(os.Remove(h.lock.Path()), os.ErrNotExist), h.lock.Close())
}

// removeTree deletes a directory, unless something is mounted in it: what would be
// deleted then could be the machine's.
func removeTree(dir string) error {
	mounted, err := mountinfo.GetMounts(mountinfo.PrefixFilter(dir))
	if err != nil {
		return err
	}
	if len(mounted) > 0 {
		return fmt.Errorf("%s is not removed: something is mounted at %s", dir, mounted[0].Mountpoint)
	}
	return os.RemoveAll(dir)
}

// newID is unique, and short enough for a network device's or a host's name.
func newID() string { return strings.ToLower(rand.Text()[:12]) }

// idShape is that of newID: the alphabet is base32's (RFC 4648).
var idShape = regexp.MustCompile(`^[a-z2-7]{12}$`)

// ignore is nil for one error.
func ignore(err, harmless error) error {
	if errors.Is(err, harmless) {
		return nil
	}
	return err
}
