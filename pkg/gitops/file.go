package gitops

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"go.yaml.in/yaml/v4"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/internal/wholefile"
)

// file is one that is edited.
type file struct {
	name    string // as it was asked for
	path    string // of the file itself, behind symbolic links
	mode    fs.FileMode
	text    []byte
	docs    []*yaml.Node
	targets []target
	edited  []byte
}

// target is a scalar that is to say something.
type target struct {
	node *yaml.Node
	span span
	says string
}

// open reads a file below dir. A symbolic link does not lead out of it either.
func open(dir, name string) (*file, error) {
	path, err := locate(dir, name)
	if err != nil {
		return nil, err
	}
	f := &file{name: name, path: path}
	info, err := os.Stat(path)
	if err == nil {
		f.mode = info.Mode().Perm()
		f.text, err = os.ReadFile(path)
	}
	if err == nil {
		f.docs, err = parse(f.text)
	}
	if err != nil {
		return nil, fault.Wrap(fault.Usage, fmt.Errorf("read %s, in which a digest is to stand: %w", name, err), "")
	}
	return f, nil
}

// locate is where the file is, which must be below dir.
func locate(dir, name string) (string, error) {
	base, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return "", fault.Wrap(fault.Usage, fmt.Errorf("find %s: %w", name, err), "")
	}
	path, err := filepath.EvalSymlinks(filepath.Join(dir, name))
	if err != nil {
		return "", fault.Wrap(fault.Usage, fmt.Errorf("find the file in which a digest is to stand: %w", err),
			"write it once, with any digest in it; it is not made")
	}
	rel, err := filepath.Rel(base, path)
	if err != nil || !filepath.IsLocal(name) || !filepath.IsLocal(rel) {
		return "", fault.New(fault.Usage, "name a file of the project", "%s is not below %s, and is not written", name, dir)
	}
	return path, nil
}

// parse gives what the documents hold, those with nothing in them aside.
func parse(text []byte) ([]*yaml.Node, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var docs []*yaml.Node
	for {
		var doc yaml.Node
		err := decoder.Decode(&doc)
		if errors.Is(err, io.EOF) {
			return docs, nil
		}
		if err != nil {
			return nil, err
		}
		if len(doc.Content) > 0 {
			docs = append(docs, doc.Content[0])
		}
	}
}

// set notes what a scalar is to say. Two edits that want different things of it
// are a fault.
func (f *file) set(n *yaml.Node, says string) error {
	for _, t := range f.targets {
		if t.node == n {
			if t.says == says {
				return nil
			}
			return fault.New(fault.Usage, "tell services apart: with {{.Service}} in the path, or services: [NAME]",
				"%s:%d:%d: both %s and %s are to stand here", f.name, n.Line, n.Column, t.says, says)
		}
	}
	where, err := spanOf(f.text, n)
	if err != nil {
		return fault.New(fault.Usage, `write a plain or quoted value there, on one line: ""`,
			"%s:%d:%d: %w", f.name, n.Line, n.Column, err)
	}
	f.targets = append(f.targets, target{n, where, says})
	return nil
}

// apply makes the new text, and reads it back: nothing but the targets may say
// something else than before.
func (f *file) apply() error {
	slices.SortFunc(f.targets, func(a, b target) int { return cmp.Compare(a.span.from, b.span.from) })
	done := 0
	for _, t := range f.targets {
		f.edited = append(append(f.edited, f.text[done:t.span.from]...), t.span.write(t.says)...)
		done = t.span.to
	}
	f.edited = append(f.edited, f.text[done:]...)
	docs, err := parse(f.edited)
	if err == nil && !f.asMeant(docs) {
		err = errors.New("something else would change as well")
	}
	if err != nil {
		return fault.Wrap(fault.Usage, fmt.Errorf("%s is laid out in a way that cannot be written to: %w", f.name, err), "")
	}
	return nil
}

func (f *file) changes() []Change {
	var all []Change
	for _, t := range f.targets {
		if t.node.Value != t.says {
			all = append(all, Change{File: f.name, Line: t.node.Line, Before: t.node.Value, After: t.says})
		}
	}
	return all
}

// write replaces the file, unless it says all of it already.
func (f *file) write() error {
	if bytes.Equal(f.text, f.edited) {
		return nil
	}
	if err := wholefile.Write(f.path, f.edited, f.mode); err != nil {
		return fault.Wrap(fault.Usage, fmt.Errorf("write %s: %w", f.name, err), "")
	}
	return nil
}
