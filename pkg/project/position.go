package project

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// position is a place in one of the project's files.
type position struct {
	file      string // as shown to the user
	order     int    // of the document among all that were read
	line, col int    // from 1; line 0 is the file as a whole
}

func (p position) String() string {
	if p.line == 0 {
		return p.file
	}
	return fmt.Sprintf("%s:%d:%d", p.file, p.line, p.col)
}

// before puts positions into the order in which one reads the files.
func (p position) before(o position) int {
	return cmp.Or(cmp.Compare(p.order, o.order), cmp.Compare(p.line, o.line), cmp.Compare(p.col, o.col))
}

// document is one YAML document of a file.
type document struct {
	file  string
	order int
	root  *yaml.Node
}

func (d document) at(n *yaml.Node) position {
	return position{file: d.file, order: d.order, line: n.Line, col: n.Column}
}

// index finds where in the files a value of the merged model was written.
type index []document

// key is the place of the key that path ends with; value is the place of what
// it holds. Where path was not written out (a default, a service that extends
// another) it is the nearest key above that was. Of several files that have
// path the last one wins, as it does in the merge.
func (x index) key(path ...string) position   { return x.find(path, true) }
func (x index) value(path ...string) position { return x.find(path, false) }

func (x index) find(path []string, key bool) position {
	var best position
	deepest := -1
	for _, doc := range x {
		k, v, depth := descend(doc.root, path)
		if depth < deepest {
			continue
		}
		deepest, best = depth, doc.at(k)
		if !key && depth == len(path) && v.Kind == yaml.ScalarNode {
			best = doc.at(v)
		}
	}
	return best
}

// item is the place of element i of the list at path. Lists of several files
// are merged by appending, so i counts through them.
func (x index) item(i int, path ...string) position {
	for _, doc := range x {
		_, list, depth := descend(doc.root, path)
		if depth < len(path) || list.Kind != yaml.SequenceNode {
			continue
		}
		if i < len(list.Content) {
			return doc.at(list.Content[i])
		}
		i -= len(list.Content)
	}
	return x.key(path...)
}

// descend follows path from n as far as it goes. It gives the last key passed,
// the value under it, and how many elements of path were found.
func descend(n *yaml.Node, path []string) (key, value *yaml.Node, depth int) {
	key, value = n, n
	for _, name := range path {
		k, v := child(value, name, map[*yaml.Node]bool{})
		if v == nil {
			break
		}
		key, value = k, resolve(v)
		depth++
	}
	return key, value, depth
}

// child is the entry called name of a mapping, the mappings merged into it by
// << included, or an element of a list: by index, or by what it says, since
// Compose lets `depends_on: [db]` stand for a mapping. Merges that were seen
// are not followed again, for an anchor may merge itself.
func child(n *yaml.Node, name string, seen map[*yaml.Node]bool) (key, value *yaml.Node) {
	switch n.Kind {
	case yaml.MappingNode:
		return entry(n, name, seen)
	case yaml.SequenceNode:
		if i, err := strconv.Atoi(name); err == nil && 0 <= i && i < len(n.Content) {
			return n.Content[i], n.Content[i]
		}
		for _, item := range n.Content {
			if head, _, _ := strings.Cut(item.Value, "="); item.Kind == yaml.ScalarNode && head == name {
				return item, item
			}
		}
	}
	return nil, nil
}

func entry(n *yaml.Node, name string, seen map[*yaml.Node]bool) (key, value *yaml.Node) {
	if seen[n] {
		return nil, nil
	}
	seen[n] = true
	var merged []*yaml.Node
	for pair := range slices.Chunk(n.Content, 2) {
		switch pair[0].Value {
		case name:
			return pair[0], pair[1]
		case "<<":
			merged = append(merged, mergedBy(pair[1])...)
		}
	}
	for _, m := range merged {
		if m.Kind != yaml.MappingNode {
			continue
		}
		if k, v := entry(m, name, seen); v != nil {
			return k, v
		}
	}
	return nil, nil
}

// mergedBy are the mappings that a << with this value merges.
func mergedBy(value *yaml.Node) []*yaml.Node {
	value = resolve(value)
	if value.Kind != yaml.SequenceNode {
		return []*yaml.Node{value}
	}
	var all []*yaml.Node
	for _, item := range value.Content {
		all = append(all, resolve(item))
	}
	return all
}

// resolve is what an alias stands for.
func resolve(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}
