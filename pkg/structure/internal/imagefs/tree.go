package imagefs

import (
	"io/fs"
	"path"
	"strings"
)

// tree is the flattened file system as far as the layers were read. Nodes are
// named by their index, and children by parent and name: with a million files
// the tree has one map and one slice, and no string twice.
type tree struct {
	nodes    []node
	children map[edge]int32
	// listed are the directories all of whose entries are known, in a tree that
	// grows by directories and not by layers; nil in others.
	listed map[int32]bool
}

type edge struct {
	dir  int32
	name string
}

// root is the node of "/".
const root = 0

// state is what is known of a node.
type state uint8

const (
	absent  state = iota // nothing that was read so far has it
	implied              // a directory, for something in it was read; no more is known
	present              // an entry of a layer told
)

// node is one path. Layers are counted from the base, which is 0.
type node struct {
	link     string // target of a symbolic link; for a hard link the entry with the content
	uid, gid int
	mode     fs.FileMode
	layer    int32 // that state is from
	cut      int32 // entries of layers below this one are hidden, here and underneath
	state    state
	hard     bool // a hard link
}

func newTree() *tree {
	return &tree{nodes: make([]node, 1), children: map[edge]int32{}}
}

// clean is the path of a tar entry without "/" at its ends; "../" leads nowhere.
func clean(name string) string { return path.Clean("/" + name)[1:] }

// place gives the node of a clean path for an entry of layer, making the
// directories on the way. It is false when a layer above hides the path.
func (t *tree) place(name string, layer int32) (int32, bool) {
	at := int32(root)
	for part := range strings.SplitSeq(name, "/") {
		if t.nodes[at].cut > layer {
			return 0, false
		}
		if part == "" {
			continue // the root itself
		}
		t.imply(at, layer)
		at = t.child(at, part)
	}
	return at, t.nodes[at].cut <= layer
}

// impliedMode is that of a directory which no layer describes: an engine makes
// it so when it unpacks what is in it.
const impliedMode = fs.ModeDir | 0o755

// imply notes that something in a directory was read.
func (t *tree) imply(at, layer int32) {
	if n := &t.nodes[at]; n.state == absent {
		n.state, n.layer, n.mode = implied, layer, impliedMode
	}
}

func (t *tree) child(dir int32, name string) int32 {
	if at, ok := t.children[edge{dir, name}]; ok {
		return at
	}
	at := int32(len(t.nodes))
	t.nodes = append(t.nodes, node{})
	// The name is part of a longer one, which would be kept with it.
	t.children[edge{dir, strings.Clone(name)}] = at
	return at
}

// put takes what an entry of a layer says about a node, unless a layer above
// has said it. Of two entries in one layer the later one counts, as in tar.
func (t *tree) put(at int32, n node) bool {
	was := &t.nodes[at]
	dir := n.mode.IsDir()
	taken := was.layer > n.layer && (was.state == present || was.state == implied && !dir)
	if !dir {
		// What lower layers have underneath is hidden: by this, or, when a
		// directory above replaced this, by its having stood between.
		was.cut = max(was.cut, n.layer)
	}
	if taken {
		return false
	}
	n.cut, n.state = was.cut, present
	*was = n
	return true
}

// hide makes a whiteout or an opaque directory: OCI image-spec v1.1, layer.md,
// "Whiteouts". What the same layer has there stays.
func (t *tree) hide(at, layer int32) {
	t.nodes[at].cut = max(t.nodes[at].cut, layer)
}
