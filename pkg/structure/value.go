package structure

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/retort-ci/retort/pkg/internal/nearest"
)

// maxVisits bounds the work that aliases of aliases make of a small file.
const maxVisits = 100_000

// value is one value of a file on its way into a struct. Reading it as
// something else than it is notes that in the report and gives the zero value,
// so that reading goes on to the next mistake.
type value struct {
	doc  *document
	path string     // as messages name it: commandTests[2].args
	node *yaml.Node // nil when the file does not have it
}

// resolved is the node, or what it is an alias of.
func (v value) resolved() *yaml.Node {
	if v.node != nil && v.node.Kind == yaml.AliasNode {
		return v.node.Alias
	}
	return v.node
}

// kind is 0 for a value that is absent.
func (v value) kind() yaml.Kind {
	if n := v.resolved(); n != nil {
		return n.Kind
	}
	return 0
}

func (v value) tag() string {
	if n := v.resolved(); n != nil {
		return n.ShortTag()
	}
	return "!!null"
}

// null is true for a value that is absent or says nothing.
func (v value) null() bool { return v.tag() == "!!null" }

// fail notes what is wrong with the value.
func (v value) fail(format string, args ...any) { v.hint("", format, args...) }

func (v value) hint(hint, format string, args ...any) {
	v.doc.report.add(v.finding(hint, format, args...))
}

func (v value) warn(format string, args ...any) {
	v.doc.report.warnings = append(v.doc.report.warnings, v.finding("", format, args...))
}

func (v value) finding(hint, format string, args ...any) finding {
	f := finding{text: fmt.Sprintf(format, args...), hint: hint}
	if v.path != "" {
		f.text = v.path + ": " + f.text
	}
	if v.node != nil {
		f.line, f.col = v.node.Line, v.node.Column
	}
	return f
}

// below is a value in this one.
func (v value) below(name string, node *yaml.Node) value {
	path := name
	if v.path != "" {
		path = v.path + "." + name
	}
	return value{doc: v.doc, path: path, node: node}
}

// visit counts, and is false when there was enough.
func (v value) visit() bool {
	v.doc.visits++
	if v.doc.visits == maxVisits {
		v.fail("the file is too large with all its aliases")
	}
	return v.doc.visits < maxVisits
}

// items are those of a list; null has none.
func (v value) items() []value {
	if v.null() {
		return nil
	}
	if v.kind() != yaml.SequenceNode {
		v.fail("must be a list, not %s", v.kindName())
		return nil
	}
	var all []value
	for i, node := range v.resolved().Content {
		item := value{doc: v.doc, path: v.path + "[" + strconv.Itoa(i) + "]", node: node}
		if !item.visit() {
			return nil
		}
		all = append(all, item)
	}
	return all
}

// entry is the value of one key of a mapping, and whether it has the key.
func (v value) entry(name string) (value, bool) {
	if v.kind() == yaml.MappingNode {
		for pair := range slices.Chunk(v.resolved().Content, 2) {
			if v.doc.same(pair[0].Value, name) {
				return v.below(name, pair[1]), true
			}
		}
	}
	return v.below(name, nil), false
}

// same compares keys.
func (d *document) same(a, b string) bool { return a == b || d.fold && strings.EqualFold(a, b) }

// fields are the entries of a mapping that has no keys but these. Those that
// are absent are null.
func (v value) fields(known ...string) map[string]value {
	all := make(map[string]value, len(known))
	if v.kind() == yaml.MappingNode {
		v.take(v.resolved(), known, all, 0)
	} else {
		v.fail("must be a mapping, not %s", v.kindName())
	}
	for _, name := range known {
		if _, ok := all[name]; !ok {
			all[name] = v.below(name, nil)
		}
	}
	return all
}

// take adds the entries of a mapping, then of those that it merges by <<, whose
// entries do not replace any.
func (v value) take(n *yaml.Node, known []string, all map[string]value, depth int) {
	own := map[string]bool{}
	var merged []value
	for pair := range slices.Chunk(n.Content, 2) {
		key := value{doc: v.doc, path: v.path, node: pair[0]}
		if !key.visit() {
			return
		}
		if key.tag() == "!!merge" {
			merged = append(merged, v.below("<<", pair[1]))
			continue
		}
		i := slices.IndexFunc(known, func(name string) bool { return v.doc.same(pair[0].Value, name) })
		if i < 0 || key.kind() != yaml.ScalarNode {
			key.hint("known keys are "+strings.Join(known, ", "), "unknown key %q%s", pair[0].Value, nearest.Ask(pair[0].Value, known))
			continue
		}
		name := known[i]
		if own[name] {
			key.fail("key %q is there twice", name)
		}
		own[name] = true
		if _, ok := all[name]; !ok {
			all[name] = v.below(name, pair[1])
		}
	}
	for _, m := range merged {
		m.merge(known, all, depth)
	}
}

// merge takes what stands under <<: a mapping, or a list of them.
func (v value) merge(known []string, all map[string]value, depth int) {
	switch {
	case depth > maxDepth:
		v.fail("merges itself")
	case v.kind() == yaml.MappingNode:
		v.take(v.resolved(), known, all, depth+1)
	case v.kind() == yaml.SequenceNode:
		for _, item := range v.items() {
			item.merge(known, all, depth+1)
		}
	default:
		v.fail("must be a mapping, not %s", v.kindName())
	}
}

// kindName says what a value is, in YAML's words.
func (v value) kindName() string {
	switch v.kind() {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	switch v.tag() {
	case "!!null":
		return "null"
	case "!!bool":
		return "a boolean"
	case "!!int":
		return "a number"
	case "!!float":
		return "a fraction"
	case "!!str":
		return "a string"
	}
	return "a " + strings.TrimLeft(v.tag(), "!")
}
