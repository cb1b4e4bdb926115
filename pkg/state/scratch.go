package state

import (
	"fmt"
	"os"
	"path/filepath"
)

// Scratch gives a directory below .retort for large temporary files, and the
// function that removes it. Its owner holds a lock on it for as long as the
// process lives, so what a killed process left is known as such: the next call
// removes it.
func (s *Store) Scratch() (string, func(), error) {
	if _, err := s.Prepare(); err != nil {
		return "", nil, err
	}
	parent := filepath.Join(s.dir, "tmp")
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return "", nil, fmt.Errorf("make a scratch directory: %w", err)
	}
	sweepScratch(parent)
	dir, held, err := heldScratch(parent)
	if err != nil {
		return "", nil, fmt.Errorf("make a scratch directory: %w", err)
	}
	return dir, func() {
		_ = os.RemoveAll(dir)
		_ = os.Remove(dir + ".lock")
		_ = held.Close()
	}, nil
}

// heldScratch makes a directory and locks it. Another process may sweep it
// away between the two, and then it is made anew.
func heldScratch(parent string) (string, *os.File, error) {
	for {
		dir, err := os.MkdirTemp(parent, "")
		if err != nil {
			return "", nil, err
		}
		held, err := tryLock(dir + ".lock")
		if held != nil {
			// The sweeper may have been done before the lock was free again.
			if _, err = os.Stat(dir); err == nil {
				return dir, held, nil
			}
			_ = os.Remove(dir + ".lock")
			_ = held.Close()
		}
		if err != nil && !os.IsNotExist(err) {
			_ = os.RemoveAll(dir)
			return "", nil, err
		}
	}
}

// sweepScratch removes the directories whose lock nobody holds. What cannot be
// removed stays for the next time.
func sweepScratch(parent string) {
	locks, _ := filepath.Glob(filepath.Join(parent, "*.lock"))
	for _, path := range locks {
		held, err := tryLock(path)
		if err != nil || held == nil {
			continue
		}
		_ = os.RemoveAll(path[:len(path)-len(".lock")])
		_ = os.Remove(path)
		_ = held.Close()
	}
}
