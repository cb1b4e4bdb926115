package state

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/retort-ci/retort/pkg/internal/wholefile"
)

// Space is what the file system of the slot has, in bytes and in files.
type Space struct {
	Size, Free        int64
	Inodes, FreeNodes int64 // both 0 where the file system does not count them
}

// Space asks the file system.
func (s *Slot) Space() (Space, error) { return spaceOf(s.dir) }

func spaceOf(dir string) (Space, error) {
	var stat unix.Statfs_t
	if err := unix.Statfs(dir, &stat); err != nil {
		return Space{}, err
	}
	block := int64(stat.Bsize) //nolint:unconvert // it is smaller on other machines
	return Space{
		Size: int64(stat.Blocks) * block, Free: int64(stat.Bavail) * block,
		Inodes: int64(stat.Files), FreeNodes: int64(stat.Ffree),
	}, nil
}

// scarce is the part of a disk below which it counts as full.
const scarce = 20

// Full tells that less than a twentieth of bytes or files is free.
func (s *Slot) Full() bool {
	space, err := s.Space()
	return err == nil && space.Full()
}

// Full tells that less than a twentieth of bytes or files is free.
func (s Space) Full() bool { return s.Free*scarce < s.Size || s.FreeNodes*scarce < s.Inodes }

// Allowance is what this slot may take of a budget for all: what the others leave,
// and a fair part at least.
func (s *Slot) Allowance(budget int64) int64 {
	var others, count int64 = 0, 1
	root := filepath.Dir(s.dir)
	for n := range slots {
		dir := filepath.Join(root, strconv.Itoa(n))
		if dir == s.dir {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, "size"))
		if err != nil {
			continue // never closed yet
		}
		size, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
		if err == nil {
			others, count = others+size, count+1
		}
	}
	return max(budget-others, budget/count)
}

// Took writes down what the slot's caches take, for the others' Allowance.
func (s *Slot) Took(bytes int64) error {
	return wholefile.Write(filepath.Join(s.dir, "size"), []byte(strconv.FormatInt(bytes, 10)+"\n"), 0o600)
}
