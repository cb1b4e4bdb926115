package project

import (
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/schema"
	"github.com/compose-spec/compose-go/v2/tree"
	"go.yaml.in/yaml/v4"

	"github.com/retort-ci/retort/pkg/internal/nearest"
)

// unknownKeys notes the keys of the files that Compose's schema does not have,
// and tells whether there are any. It is asked once compose-go has refused the
// files, whose own message would be "services.orders.imgae false schema".
func (m *model) unknownKeys() bool {
	noted := len(m.report.findings)
	for _, doc := range m.report.places {
		m.unknownIn(doc, doc.root, nil)
	}
	return len(m.report.findings) > noted
}

func (m *model) unknownIn(doc document, n *yaml.Node, path []string) {
	switch n.Kind {
	case yaml.SequenceNode:
		for _, item := range n.Content {
			m.unknownIn(doc, item, below(path, tree.PathMatchList))
		}
	case yaml.MappingNode:
		known := schemaKeys(path)
		for pair := range slices.Chunk(n.Content, 2) {
			m.unknownKey(doc, pair[0], pair[1], path, known)
		}
	}
}

func (m *model) unknownKey(doc document, key, value *yaml.Node, path, known []string) {
	name := key.Value
	switch {
	case strings.HasPrefix(name, "x-"), name == "<<":
	case len(known) == 0, slices.Contains(known, tree.PathMatchAll), slices.Contains(known, name):
		m.unknownIn(doc, value, below(path, name))
	default:
		m.report.add(doc.at(key), "unknown key %q%s", strings.Join(below(path, name), "."), nearest.Ask(name, known))
	}
}

// schemaKeys are the keys that Compose's schema has below path, "*" among them
// where any key goes. None means that the schema does not look in there.
func schemaKeys(path []string) []string {
	var keys []string
	for _, pattern := range schema.AttributePaths() {
		parts := pattern.Parts()
		last := len(parts) - 1
		if last == len(path) && matches(parts[:last], path) {
			keys = append(keys, parts[last])
		}
	}
	return keys
}

// matches is true when each part of path is that of pattern, or pattern has a
// "*" there. Both are of one length.
func matches(pattern, path []string) bool {
	for i, part := range pattern {
		if part != tree.PathMatchAll && part != path[i] {
			return false
		}
	}
	return true
}

// below is path with one more element, in a slice of its own.
func below(path []string, name string) []string {
	return append(slices.Clip(path), name)
}
