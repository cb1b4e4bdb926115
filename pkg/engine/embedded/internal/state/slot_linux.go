package state

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"github.com/retort-ci/retort/pkg/internal/outside"
	"github.com/retort-ci/retort/pkg/internal/wholefile"
)

// slots is how many processes may use a state directory at once; further ones wait.
const slots = 8

// again is how soon a process that waits looks again for a slot.
const again = 100 * time.Millisecond

// Slot is one process's part of the state directory.
type Slot struct {
	dir  string
	lock *flock.Flock
}

// Open takes the first free slot of the directory, which is made when it is not
// there. Where all are taken it waits until one is free, or ctx ends, and tells once
// who has them. What a killed process left in the slot is gone then; where the whole
// machine went down so is all else in it, and that is told too. Errors that the user
// can mend are infrastructure faults.
func Open(ctx context.Context, dir string, tell func(text string)) (*Slot, error) {
	if err := Prepare(dir); err != nil {
		return nil, err
	}
	told := false
	for {
		s, err := take(dir)
		if err != nil {
			return nil, explain(dir, err)
		}
		if s != nil {
			if err := s.begin(ctx, tell); err != nil {
				return nil, explain(dir, errors.Join(err, s.lock.Close()))
			}
			return s, nil
		}
		if !told {
			told = true
			tell(fmt.Sprintf("all %d slots of %s are taken; waiting for one of: %s", slots, dir, strings.Join(holders(dir), ", ")))
		}
		select {
		case <-time.After(again):
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

func slotDir(dir string, n int) string { return filepath.Join(dir, "slots", strconv.Itoa(n)) }

// take locks the first slot that is free, or gives none.
func take(dir string) (*Slot, error) {
	for n := range slots {
		s := &Slot{dir: slotDir(dir, n)}
		if err := os.MkdirAll(s.dir, 0o711); err != nil {
			return nil, err
		}
		s.lock = flock.New(filepath.Join(s.dir, "lock"), flock.SetFlag(os.O_CREATE|os.O_RDWR))
		ours, err := s.lock.TryLock()
		if err != nil {
			return nil, err
		}
		if ours {
			return s, nil
		}
		if err := s.lock.Close(); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// begin says who has the slot and clears away what the one before left.
func (s *Slot) begin(ctx context.Context, tell func(text string)) error {
	who := fmt.Sprintf("process %d since %s", outside.Self().PID, time.Now().Format(time.RFC3339))
	if err := os.WriteFile(filepath.Join(s.dir, "lock"), []byte(who), 0o600); err != nil {
		return err
	}
	if err := s.keepOwners(); err != nil {
		return err
	}
	before, err := os.ReadFile(s.openMark())
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	case string(before) != bootID():
		// What was not synced when the machine went down may be damaged.
		tell(fmt.Sprintf("the machine went down while %s was in use: what it cached is thrown away", s.dir))
		err = s.clear()
	default:
		err = s.sweep(ctx)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return s.mark()
}

// mark notes that the slot is open. The disk has that before anything else is
// written, most of which is not waited for. Half a mark is as good as one of
// another boot.
func (s *Slot) mark() error {
	if err := wholefile.Write(s.openMark(), []byte(bootID()), 0o600); err != nil {
		return err
	}
	dir, err := os.Open(s.dir)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

func (s *Slot) openMark() string { return filepath.Join(s.dir, "open") }

// clear removes all but the lock.
func (s *Slot) clear() error {
	if err := s.unmount(); err != nil {
		return err
	}
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if entry.Name() != "lock" {
			err = errors.Join(err, s.remove(filepath.Join(s.dir, entry.Name())))
		}
	}
	return err
}

// holders say who has the slots, as far as they have said it yet.
func holders(dir string) []string {
	var all []string
	for n := range slots {
		if who, err := os.ReadFile(filepath.Join(slotDir(dir, n), "lock")); err == nil && len(who) > 0 {
			all = append(all, string(who))
		}
	}
	return all
}

// Dir is the slot's directory, for its holder alone.
func (s *Slot) Dir() string { return s.dir }

// Cgroup is the parent of the slot's cgroups, in every hierarchy. It is the slot's
// own: who removes it takes nothing from under another process.
func (s *Slot) Cgroup() string {
	sum := sha256.Sum256([]byte(s.dir))
	return "/retort-" + hex.EncodeToString(sum[:6])
}

// Close gives the slot back. Its databases must be closed by then.
func (s *Slot) Close() error {
	s.sweepCgroups()
	return errors.Join(os.Remove(s.openMark()), s.lock.Close())
}

// Leave is for what could not be closed: who has the slot next clears it away.
func (s *Slot) Leave() error { return s.lock.Close() }

func bootID() string {
	id, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(id))
}
