package scaffold

import (
	"bytes"
	"errors"
	"io"
	"slices"

	"go.yaml.in/yaml/v4"
)

// parse gives the mapping that the text is, which must be its only document.
func parse(text []byte) (*yaml.Node, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	var first, second yaml.Node
	if err := decoder.Decode(&first); err != nil {
		return nil, err
	}
	if err := decoder.Decode(&second); !errors.Is(err, io.EOF) {
		return nil, errors.New("it holds more than one document")
	}
	if len(first.Content) != 1 || first.Content[0].Kind != yaml.MappingNode {
		return nil, errors.New("it is not a mapping")
	}
	return first.Content[0], nil
}

// entry is a key of a mapping and its value, as they stand in the text.
func entry(n *yaml.Node, name string) (key, value *yaml.Node) {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil, nil
	}
	for pair := range slices.Chunk(n.Content, 2) {
		if pair[0].Value == name {
			return pair[0], pair[1]
		}
	}
	return nil, nil
}

// holds is true when all of old is in n: each key of a mapping, once, with what
// it holds, each item of a list at its place.
func holds(n, old *yaml.Node) bool {
	if n == nil || n.Kind != old.Kind || n.Value != old.Value || n.Tag != old.Tag {
		return false
	}
	switch old.Kind {
	case yaml.MappingNode:
		seen := map[string]bool{}
		for pair := range slices.Chunk(n.Content, 2) {
			if seen[pair[0].Value] {
				return false // of two the last one would count
			}
			seen[pair[0].Value] = true
		}
		for pair := range slices.Chunk(old.Content, 2) {
			if _, value := entry(n, pair[0].Value); !holds(value, pair[1]) {
				return false
			}
		}
		return true
	case yaml.SequenceNode:
		return slices.EqualFunc(n.Content, old.Content, func(a, b *yaml.Node) bool { return holds(a, b) })
	}
	return true
}
