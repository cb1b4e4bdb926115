package gitops

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/internal/nearest"
)

// edit notes what the file is to say of an image.
func (f *file) edit(e Edit) error {
	if e.Path == nil {
		return f.kustomize(e.Image)
	}
	n, err := f.find(e.Path)
	if err != nil {
		return err
	}
	says := e.Digest
	if e.Full {
		says = e.ref()
	}
	return f.set(n, says)
}

// find gives the scalar that path leads to, in the one document that has it.
func (f *file) find(path Path) (*yaml.Node, error) {
	var found []*yaml.Node
	var farthest *lost
	for _, doc := range f.docs {
		n, stop := descend(doc, path)
		switch {
		case stop == nil:
			found = append(found, n)
		case farthest == nil || stop.depth > farthest.depth:
			farthest = stop
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return nil, fault.New(fault.Usage, "tell them apart by a name within: containers.name=orders.image",
			"%s: %d documents have %s, in lines %d and %d", f.name, len(found), path, found[0].Line, found[1].Line)
	case farthest == nil:
		return nil, fault.New(fault.Usage, "write it once, with any digest in it", "%s: there is nothing in it, and no %s", f.name, path)
	}
	return nil, fault.New(fault.Usage, farthest.hint, "%s:%d:%d: no %s: %s", f.name, farthest.at.Line, farthest.at.Column, path, farthest.why)
}

// lost is where a way ended too early.
type lost struct {
	at    *yaml.Node
	depth int // how many parts of the path were there
	why   string
	hint  string
}

// descend follows path. It does not follow aliases: what stands there stands
// elsewhere too.
func descend(n *yaml.Node, path Path) (*yaml.Node, *lost) {
	for i, part := range path {
		var next *yaml.Node
		var stop *lost
		switch n.Kind {
		case yaml.MappingNode:
			next, stop = entry(n, part)
		case yaml.SequenceNode:
			next, stop = item(n, part)
		default:
			stop = &lost{at: n, why: fmt.Sprintf("%s has nothing below it", within(path[:i]))}
		}
		if stop != nil {
			stop.depth = i
			return nil, stop
		}
		if next.Kind == yaml.AliasNode {
			return nil, &lost{
				at: next, depth: i,
				why:  fmt.Sprintf("%s is an alias of what stands in line %d", path[:i+1], next.Alias.Line),
				hint: "name the place itself, or write out here what is to change",
			}
		}
		n = next
	}
	if n.Kind != yaml.ScalarNode {
		return nil, &lost{at: n, depth: len(path), why: "it is no scalar", hint: "go on to the value that says the digest"}
	}
	return n, nil
}

func within(path Path) string {
	if len(path) == 0 {
		return "the document"
	}
	return path.String()
}

// entry is what a mapping has under a key of its own.
func entry(n *yaml.Node, key string) (*yaml.Node, *lost) {
	var value *yaml.Node
	var keys []string
	for pair := range slices.Chunk(n.Content, 2) {
		if pair[0].Value != key {
			keys = append(keys, pair[0].Value)
			continue
		}
		if value != nil {
			return nil, &lost{at: pair[0], why: fmt.Sprintf("key %q is there twice", key)}
		}
		value = pair[1]
	}
	switch {
	case value != nil:
		return value, nil
	case slices.Contains(keys, "<<"):
		return nil, &lost{at: n, why: fmt.Sprintf("there is no key %q, unless << merges it", key), hint: "write the key out, beside the <<"}
	}
	return nil, &lost{at: n, why: fmt.Sprintf("there is no key %q%s", key, nearest.Ask(key, keys)), hint: listing("keys there are ", keys)}
}

// item is that of a list at an index, or the only one with key=value.
func item(n *yaml.Node, part string) (*yaml.Node, *lost) {
	if i, err := strconv.Atoi(part); err == nil && 0 <= i && i < len(n.Content) {
		return n.Content[i], nil
	}
	key, want, ok := strings.Cut(part, "=")
	if !ok {
		return nil, &lost{at: n, why: fmt.Sprintf("%q is no item of this list of %d", part, len(n.Content)), hint: "name an item by its index, or as name=orders"}
	}
	var found []*yaml.Node
	var others []string
	for _, one := range n.Content {
		if one.Kind != yaml.MappingNode {
			continue
		}
		switch value, _ := entry(one, key); {
		case value == nil || value.Kind != yaml.ScalarNode:
		case value.Value == want:
			found = append(found, one)
		default:
			others = append(others, value.Value)
		}
	}
	switch len(found) {
	case 0:
		return nil, &lost{at: n, why: fmt.Sprintf("no item has %s: %s%s", key, want, nearest.Ask(want, others)), hint: listing(key+"s there are ", others)}
	case 1:
		return found[0], nil
	}
	return nil, &lost{at: found[1], why: fmt.Sprintf("%d items have %s: %s", len(found), key, want), hint: "name an item by its index"}
}

func listing(before string, names []string) string {
	if len(names) == 0 {
		return ""
	}
	return before + strings.Join(names, ", ")
}
