// Package gitops brings the digests in the files of a deployment up to date: in
// a kustomization, in Helm's values, in a Compose file. It replaces the bytes of
// a scalar where it stands, so that comments, quotes and layout stay as whoever
// keeps the file left them.
package gitops

import (
	"cmp"
	"slices"
)

// Image is what a file shall name.
type Image struct {
	Names      []string // what a kustomization may know the image by
	Repository string   // where the digest is to be pulled from
	Digest     string   // sha256:…
}

func (i Image) ref() string { return i.Repository + "@" + i.Digest }

// Place is where a file names an image.
type Place struct {
	File string // relative to the directory of Preview and Write
	// Path leads to the scalar. Without one the file is a kustomization: in its
	// images the entries of the image are brought up to date.
	Path Path
	Full bool // at Path stands repository@digest, rather than the digest alone
}

// Edit is an image and a place that names it.
type Edit struct {
	Place
	Image
}

// Change is one scalar that says something else now.
type Change struct {
	File   string `json:"file"`
	Line   int    `json:"line"` // from 1
	Before string `json:"before"`
	After  string `json:"after"`
}

// Preview gives the changes that Write would make to the files below dir, by
// file and line. A file that cannot be read, is not below dir, or lacks the place
// of an edit is a fault on the usage side.
func Preview(dir string, edits []Edit) ([]Change, error) {
	files, err := plan(dir, edits)
	if err != nil {
		return nil, err
	}
	return changes(files), nil
}

// Write makes the changes and gives them. Each file is replaced as a whole; none
// is, when an edit of any cannot be made.
func Write(dir string, edits []Edit) ([]Change, error) {
	files, err := plan(dir, edits)
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		if err := f.write(); err != nil {
			return nil, err
		}
	}
	return changes(files), nil
}

// plan reads the files and works the edits out in memory.
func plan(dir string, edits []Edit) ([]*file, error) {
	byName := map[string]*file{}
	var files []*file
	for _, e := range edits {
		f := byName[e.File]
		if f == nil {
			var err error
			if f, err = open(dir, e.File); err != nil {
				return nil, err
			}
			byName[e.File] = f
			files = append(files, f)
		}
		if err := f.edit(e); err != nil {
			return nil, err
		}
	}
	for _, f := range files {
		if err := f.apply(); err != nil {
			return nil, err
		}
	}
	return files, nil
}

func changes(files []*file) []Change {
	var all []Change
	for _, f := range files {
		all = append(all, f.changes()...)
	}
	slices.SortFunc(all, func(a, b Change) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
	return all
}
