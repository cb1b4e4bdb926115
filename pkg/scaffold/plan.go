package scaffold

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/rogpeppe/go-internal/diff"

	"github.com/retort-ci/retort/pkg/fault"
)

// Plan is what would be written, and what is to be said about it.
type Plan struct {
	Files []File   // in the order in which they are written
	Notes []string // what was left out, and what is left to do

	dir string
}

// Action is what a plan does to a file.
type Action string

// The actions. Keep leaves a file that the plan would have written otherwise,
// and Nothing one that is as it should be.
const (
	Create  Action = "create"
	Change  Action = "change"
	Keep    Action = "keep"
	Nothing Action = "nothing"
)

// File is one file of a plan.
type File struct {
	Path     string // relative to the repository, with slashes
	Old, New []byte // Old is nil where there is none
	Action   Action
}

// Writes is true for a file that Write touches.
func (f File) Writes() bool { return f.Action == Create || f.Action == Change }

// Diff is the change as a unified diff, which git apply takes; empty for a file
// that is not written.
func (f File) Diff() []byte {
	if !f.Writes() {
		return nil
	}
	before := "a/" + f.Path
	if f.Old == nil {
		before = os.DevNull
	}
	return diff.Diff(before, f.Old, "b/"+f.Path, f.New)
}

// add plans a file. One that is there is changed only if change says so.
func (p *Plan) add(name string, content []byte, change bool) error {
	f := File{Path: name, New: content}
	old, err := os.ReadFile(filepath.Join(p.dir, filepath.FromSlash(name)))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		f.Action = Create
	case err != nil:
		return fault.Wrap(fault.Usage, fmt.Errorf("look at %s: %w", name, err), "move it out of the way")
	case bytes.Equal(old, content):
		f.Old, f.Action = old, Nothing
	case change:
		f.Old, f.Action = old, Change
	default:
		f.Old, f.Action = old, Keep
		if !bytes.Contains(old, []byte("retort ")) {
			p.note("%s is there and was left as it is; --force --dry-run shows what would stand in its place", name)
		}
	}
	p.Files = append(p.Files, f)
	return nil
}

func (p *Plan) note(format string, args ...any) {
	p.Notes = append(p.Notes, fmt.Sprintf(format, args...))
}

// Write writes what the plan creates and changes. A file that came to be there
// since the plan was made is not written over.
func (p *Plan) Write() error {
	for _, f := range p.Files {
		if !f.Writes() {
			continue
		}
		if err := f.write(filepath.Join(p.dir, filepath.FromSlash(f.Path))); err != nil {
			return fault.Wrap(fault.Usage, fmt.Errorf("write %s: %w", f.Path, err), "")
		}
	}
	return nil
}

func (f File) write(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	flags := os.O_WRONLY | os.O_CREATE | os.O_EXCL
	if f.Action == Change {
		flags = os.O_WRONLY | os.O_TRUNC
	}
	out, err := os.OpenFile(path, flags, 0o644)
	if err != nil {
		return err
	}
	_, err = out.Write(f.New)
	return errors.Join(err, out.Close())
}
