package project

import (
	"maps"
	"slices"
	"strconv"
	"strings"
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
	if wrong := wrongValue(v, path); wrong != "" {
		m.warnings.add(m.placeOf(path), "%s%s", strings.Join(path, "."), wrong)
		return
	}
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
	default:
		m.warnings.add(m.placeOf(path), "%s%s", strings.Join(path, "."), notHonoured)
	}
}

// wrongValue says what retort does not do of a key that it honours otherwise.
func wrongValue(v any, path []string) string {
	for _, p := range partlyHonoured() {
		pattern := strings.Split(p.key, ".")
		if len(pattern) == len(path) && matches(pattern, path) {
			return p.wrong(v)
		}
	}
	return ""
}

// placeOf is the place of a key of the merged tree.
func (m *model) placeOf(path []string) position {
	if len(path) > 3 && path[0] == "services" && path[2] == "volumes" {
		if i, err := strconv.Atoi(path[3]); err == nil {
			target := m.compose.Services[path[1]].Volumes[i].Target
			return m.warnings.places.mount(i, target, path[1], path[4:]...)
		}
	}
	return m.warnings.places.key(path...)
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
