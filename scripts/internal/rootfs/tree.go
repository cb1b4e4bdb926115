// Package rootfs describes the files of an image layer and packs them the same
// way each time: sorted, owned by root, with one fixed time. Two machines with
// the same files get layers with the same digest.
package rootfs

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// Tree is a set of files by their path in the image. The zero value is empty.
// Directories above an entry need not be added.
type Tree struct {
	entries map[string]entry
}

// entry is one file of a layer. Its kind is in the mode's type bits.
type entry struct {
	mode   fs.FileMode
	data   []byte // content of a regular file, unless from is set
	from   string // file of this machine that holds the content
	size   int64  // of the file from
	target string // of a symbolic link
}

// Dir adds a directory. The mode may carry fs.ModeSticky.
func (t *Tree) Dir(name string, mode fs.FileMode) {
	t.put(name, entry{mode: mode | fs.ModeDir})
}

// Data adds a regular file with this content.
func (t *Tree) Data(name string, mode fs.FileMode, data []byte) {
	t.put(name, entry{mode: mode, data: data, size: int64(len(data))})
}

// Symlink adds a symbolic link.
func (t *Tree) Symlink(name, target string) {
	t.put(name, entry{mode: fs.ModeSymlink | 0o777, target: target})
}

// File adds a file of this machine, which is read when the tree is packed. It
// is executable if it is for its owner here; no other bit of its mode, which
// depends on who unpacked it, is taken.
func (t *Tree) File(name, from string) error {
	info, err := os.Stat(from)
	if err != nil {
		return fmt.Errorf("add %s: %w", name, err)
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("add %s: %s is not a regular file", name, from)
	}
	mode := fs.FileMode(0o644)
	if info.Mode()&0o100 != 0 {
		mode = 0o755
	}
	t.put(name, entry{mode: mode, from: from, size: info.Size()})
	return nil
}

// Copy adds the directory from of this machine, with all below it that keep
// does not refuse. It follows symbolic links, since what they point at may be
// outside. keep gets the path below from, and may be nil.
func (t *Tree) Copy(name, from string, keep func(rel string, dir bool) bool) error {
	return t.copy(name, from, "", keep)
}

func (t *Tree) copy(name, from, rel string, keep func(string, bool) bool) error {
	list, err := os.ReadDir(filepath.Join(from, rel))
	if err != nil {
		return fmt.Errorf("copy %s: %w", from, err)
	}
	for _, item := range list {
		sub := path.Join(rel, item.Name())
		info, err := os.Stat(filepath.Join(from, sub))
		switch {
		case err != nil:
			return fmt.Errorf("copy %s: %w", from, err)
		case keep != nil && !keep(sub, info.IsDir()):
			continue
		case info.IsDir():
			err = t.copy(name, from, sub, keep)
		default:
			err = t.File(path.Join(name, sub), filepath.Join(from, sub))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// put adds the entry, and the directories above it that nobody added.
func (t *Tree) put(name string, e entry) {
	if t.entries == nil {
		t.entries = map[string]entry{}
	}
	name = strings.TrimPrefix(path.Clean("/"+name), "/")
	t.entries[name] = e
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		if _, ok := t.entries[dir]; ok {
			return
		}
		t.entries[dir] = entry{mode: 0o755 | fs.ModeDir}
	}
}
