//go:build unix

package state

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
)

// maxPause is the longest time between two looks at a lock that is held. A
// write takes a few milliseconds, so the wait is short as well.
const maxPause = 20 * time.Millisecond

// lock takes the lock file at path for this process alone, and gives the
// function that releases it. The kernel releases it too when the process dies.
// It asks again and again rather than blocking in the kernel, because nothing
// could call such a wait off when ctx ends.
func lock(ctx context.Context, path string) (unlock func(), err error) {
	for pause := time.Millisecond; ; pause = min(2*pause, maxPause) {
		f, err := tryLock(path)
		if err != nil {
			return nil, fmt.Errorf("locking the workspace: %w", err)
		}
		if f != nil {
			return func() { _ = f.Close() }, nil
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("waiting for another retort to release %s: %w", path, ctx.Err())
		case <-time.After(pause):
		}
	}
}

// tryLock gives the locked file, or nil when another holds it.
func tryLock(path string) (*os.File, error) {
	// Reading is enough for flock, also where another user made the file.
	f, err := os.OpenFile(path, os.O_RDONLY|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil && isAt(f, path) {
		return f, nil
	}
	_ = f.Close()
	if err == nil || errors.Is(err, syscall.EWOULDBLOCK) || errors.Is(err, syscall.EINTR) {
		return nil, nil
	}
	return nil, &os.PathError{Op: "flock", Path: path, Err: err}
}

// isAt tells whether path still names f. Someone may have removed .retort
// meanwhile: the lock on a removed file keeps no one out.
func isAt(f *os.File, path string) bool {
	held, err := f.Stat()
	if err != nil {
		return false
	}
	named, err := os.Stat(path)
	return err == nil && os.SameFile(held, named)
}
