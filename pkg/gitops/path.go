package gitops

import (
	"fmt"
	"slices"
	"strings"
)

// Path leads through a YAML document: keys of mappings, and for an item of a
// list its index or, as name=orders, one of its keys with its value.
type Path []string

// ParsePath reads spec.containers.name=orders.image. A dot, an equals sign or a
// backslash that is part of a key has a backslash before it, see Escape.
func ParsePath(text string) (Path, error) {
	var path Path
	var part strings.Builder
	escaped := false
	for _, r := range text {
		switch {
		case escaped, r != '.' && r != '\\':
			part.WriteRune(r)
			escaped = false
		case r == '\\':
			escaped = true
		default:
			path = append(path, part.String())
			part.Reset()
		}
	}
	path = append(path, part.String())
	if escaped {
		return nil, fmt.Errorf("path %q ends in a backslash", text)
	}
	if slices.Contains(path, "") {
		return nil, fmt.Errorf("a path is written like orders.image.digest; %q has an empty part", text)
	}
	return path, nil
}

// Escape makes a part of a path of any key.
func Escape(key string) string { return strings.NewReplacer(`\`, `\\`, `.`, `\.`).Replace(key) }

// String is the path as ParsePath reads it.
func (p Path) String() string {
	parts := make([]string, len(p))
	for i, part := range p {
		parts[i] = Escape(part)
	}
	return strings.Join(parts, ".")
}
