package imagefs

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// maxLinks is how many symbolic links Linux follows for one path, path_resolution(7).
const maxLinks = 40

// errUnread says that the answer may be in what was not read yet: the layers
// below, or the directory that the walk had come to.
var errUnread = errors.New("in a part of the image that was not read")

// found is where a path led.
type found struct {
	at   int32
	path string // clean
}

// resolve walks path as the kernel does, "." and ".." and symbolic links
// included, and never leaves the root. unread layers, from the base, may still
// have more to say: then the error is errUnread, and it tells how far it came.
func (t *tree) resolve(name string, follow bool, unread int32) (found, error) {
	w := walk{tree: t, unread: unread, dirs: []int32{root}}
	todo := elements(name)
	for links := 0; len(todo) > 0; {
		var next string
		next, todo = todo[0], todo[1:]
		if next == ".." {
			w.up()
			continue
		}
		if err := w.down(next); err != nil {
			return w.here(), err
		}
		n := w.node()
		isLink := n.mode&fs.ModeSymlink != 0
		switch {
		case isLink && (follow || len(todo) > 0):
			if links++; links > maxLinks {
				return found{}, ErrLoop
			}
			w.leave(n.link)
			todo = slices.Concat(elements(n.link), todo)
		case len(todo) > 0 && !n.mode.IsDir():
			return found{}, fs.ErrNotExist
		}
	}
	return w.end()
}

// elements are those of a path that lead anywhere.
func elements(name string) []string {
	return slices.DeleteFunc(strings.Split(name, "/"), func(e string) bool { return e == "" || e == "." })
}

// walk is a position in the tree with the way that led to it.
type walk struct {
	tree   *tree
	unread int32
	dirs   []int32 // from the root
	names  []string
}

func (w *walk) at() int32  { return w.dirs[len(w.dirs)-1] }
func (w *walk) node() node { return w.tree.nodes[w.at()] }

// up goes to the parent; the root's is the root.
func (w *walk) up() {
	if len(w.names) > 0 {
		w.names = w.names[:len(w.names)-1]
		w.dirs = w.dirs[:len(w.dirs)-1]
	}
}

// leave goes to where a symbolic link begins.
func (w *walk) leave(target string) {
	if path.IsAbs(target) {
		w.dirs, w.names = w.dirs[:1], w.names[:0]
		return
	}
	w.up()
}

// down goes to a child that exists.
func (w *walk) down(name string) error {
	at, ok := w.tree.children[edge{w.at(), name}]
	if ok {
		w.dirs, w.names = append(w.dirs, at), append(w.names, name)
	}
	switch {
	case ok && w.node().state != absent:
		return nil
	case w.final():
		return fs.ErrNotExist
	}
	return errUnread
}

// end gives the position. A directory that is only implied may be described in
// a layer below.
func (w *walk) end() (found, error) {
	n := w.node()
	if n.state != present && !w.final() {
		return found{}, errUnread
	}
	return w.here(), nil
}

func (w *walk) here() found {
	return found{at: w.at(), path: strings.Join(w.names, "/")}
}

// final is true when nothing unread can be seen at the position.
func (w *walk) final() bool {
	if w.tree.listed != nil {
		return w.tree.listed[w.at()]
	}
	return slices.ContainsFunc(w.dirs, func(at int32) bool { return w.tree.nodes[at].cut >= w.unread })
}
