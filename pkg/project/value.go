package project

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/retort-ci/retort/pkg/internal/nearest"
)

// value is one value of the merged tree on its way into a struct. Reading it
// as something else than it is notes that in the report and gives the zero
// value, so that decoding goes on to the next mistake.
type value struct {
	report *report
	path   []string
	at     position
	raw    any
	absent bool // null, because the files do not have the key
}

func (r *report) value(raw any, path ...string) value {
	return value{report: r, path: path, at: r.places.value(path...), raw: raw}
}

// fail notes what is wrong with the value.
func (v value) fail(format string, args ...any) {
	v.report.add(v.at, "%s: %s", strings.Join(v.path, "."), fmt.Sprintf(format, args...))
}

// entries are those of a mapping, whatever their keys; null has none.
func (v value) entries() map[string]value {
	raw, ok := v.raw.(map[string]any)
	if !ok && v.raw != nil {
		v.fail("must be a mapping, not %s", kindOf(v.raw))
	}
	all := make(map[string]value, len(raw))
	for key, entry := range raw {
		all[key] = v.report.value(entry, below(v.path, key)...)
	}
	return all
}

// fields are the entries of a mapping that has no keys but these. Those that
// are absent are null.
func (v value) fields(known ...string) map[string]value {
	all := v.entries()
	for _, key := range slices.Sorted(maps.Keys(all)) {
		if !slices.Contains(known, key) {
			path := below(v.path, key)
			v.report.hint("known keys are "+strings.Join(known, ", "), v.report.places.key(path...),
				"unknown key %q%s", strings.Join(path, "."), nearest.Ask(key, known))
		}
	}
	for _, key := range known {
		if _, ok := all[key]; !ok {
			missing := v.report.value(nil, below(v.path, key)...)
			missing.absent = true
			all[key] = missing
		}
	}
	return all
}

// items are those of a list; null has none.
func (v value) items() []value {
	raw, ok := v.raw.([]any)
	if !ok && v.raw != nil {
		v.fail("must be a list, not %s", kindOf(v.raw))
	}
	var all []value
	for i, item := range raw {
		at := v.report.places.item(i, v.path...)
		all = append(all, value{report: v.report, path: below(v.path, strconv.Itoa(i)), at: at, raw: item})
	}
	return all
}

// oneOrMore are the items of a list; what is no list is the only one.
func (v value) oneOrMore() []value {
	if _, ok := v.raw.([]any); ok || v.raw == nil {
		return v.items()
	}
	return []value{v}
}

// texts is a list of strings that say something, nil when it is absent. What
// is wrong with an item is noted, and leaves an empty string in its place.
func (v value) texts() []string {
	if v.raw == nil {
		return nil
	}
	return said(v.items())
}

func said(items []value) []string {
	texts := []string{}
	for _, item := range items {
		texts = append(texts, item.said())
	}
	return texts
}
