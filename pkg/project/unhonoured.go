package project

import (
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/compose-spec/compose-go/v2/types"
)

// warnUnset tells of variables that were taken as empty.
func (m *model) warnUnset() {
	for name := range m.unset {
		at := m.warnings.places.mention(plainReference(name).MatchString)
		m.warnings.add(at, "variable %s is not set, and taken as empty", name)
	}
}

// warnUnhonoured tells of every key of the merged tree that retort does
// nothing with.
func (m *model) warnUnhonoured() {
	var patterns [][]string
	for _, pattern := range honoured() {
		patterns = append(patterns, strings.Split(pattern, "."))
	}
	m.warnBelow(m.tree, nil, patterns)
}

func (m *model) warnBelow(v any, path []string, patterns [][]string) {
	switch v := v.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if !strings.HasPrefix(key, "x-") && !isEmpty(v[key]) {
				m.warnAt(v[key], below(path, key), patterns)
			}
		}
	case []any:
		for i, item := range v {
			m.warnAt(item, below(path, strconv.Itoa(i)), patterns)
		}
	}
}

func (m *model) warnAt(v any, path []string, patterns [][]string) {
	covered, within := false, false
	for _, pattern := range patterns {
		switch {
		case len(pattern) <= len(path):
			covered = covered || matches(pattern, path[:len(pattern)])
		case matches(pattern[:len(path)], path):
			within = true
		}
	}
	switch {
	case covered:
	case within:
		m.warnBelow(v, path, patterns)
	case path[0] == "services" && len(path) == 3 && path[2] == "volumes":
		m.warnVolumes(v, path)
	default:
		m.warnings.add(m.warnings.places.key(path...), "%s is not honoured by retort", strings.Join(path, "."))
	}
}

// warnVolumes tells of each mount.
func (m *model) warnVolumes(v any, path []string) {
	mounts, _ := v.([]any)
	for i, mount := range mounts {
		fields, _ := mount.(map[string]any)
		kind, _ := fields["type"].(string)
		source, _ := fields["source"].(string)
		target, _ := fields["target"].(string)
		at := m.warnings.places.item(i, path...)
		if kind == types.VolumeTypeBind {
			m.warnings.add(at, "%s: the bind mount of %s is not honoured by retort: a build agent in a container "+
				"has no such path on its host; COPY it in the Dockerfile", strings.Join(path, "."), m.short(source))
			continue
		}
		m.warnings.add(at, "%s: the %s at %s is not honoured by retort", strings.Join(path, "."), kind, target)
	}
}

// short is a path relative to the project, where it is inside.
func (m *model) short(path string) string {
	rel, err := filepath.Rel(m.src.dir, path)
	if err != nil || !filepath.IsLocal(rel) {
		return path
	}
	return rel
}

// isEmpty is true for what asks for nothing. Null may ask for something: it is
// what `networks: [backend]` becomes.
func isEmpty(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		return len(v) == 0
	case []any:
		return len(v) == 0
	}
	return false
}
