package project

import (
	"maps"
	"slices"
	"strings"

	"github.com/retort-ci/retort/pkg/internal/nearest"
)

// checkReferences looks at what services take from the top-level volumes,
// configs and secrets. compose-go does some of it as well, later, but does not
// say where.
func checkReferences(tree map[string]any, r *report) {
	services, _ := tree["services"].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(services)) {
		service, _ := services[name].(map[string]any)
		build, _ := service["build"].(map[string]any)
		for _, kind := range []string{"volumes", "configs", "secrets"} {
			top, _ := tree[kind].(map[string]any)
			checkSources(service[kind], top, r, "services", name, kind)
			if kind == "secrets" {
				checkSources(build[kind], top, r, "services", name, "build", kind)
			}
		}
	}
}

// checkSources notes what is wrong with the sources in the list at path.
func checkSources(list any, top map[string]any, r *report, path ...string) {
	kind := path[len(path)-1]
	items, _ := list.([]any)
	for i, item := range items {
		fields, _ := item.(map[string]any)
		source, _ := fields["source"].(string)
		if kind == "volumes" && (fields["type"] != "volume" || source == "") {
			continue // a path, or an anonymous one
		}
		one := strings.TrimSuffix(kind, "s")
		object, ok := top[source]
		if !ok {
			r.add(r.places.item(i, path...), "%s: unknown %s %q%s", strings.Join(path, "."),
				one, source, nearest.Ask(source, slices.Sorted(maps.Keys(top))))
			continue
		}
		declared, _ := object.(map[string]any)
		if wrong := unreadable(kind, declared); wrong != "" {
			r.add(r.places.item(i, path...), "%s: %s %q %s", strings.Join(path, "."), one, source, wrong)
		}
	}
}

// unreadable says why there is no telling what is in a config or secret, or
// nothing.
func unreadable(kind string, declared map[string]any) string {
	if kind == "volumes" {
		return "" // there is nothing in it
	}
	says := func(key string) bool {
		return declared[key] != nil && declared[key] != "" && declared[key] != any(false)
	}
	_, inline := declared["content"] // which may be empty
	switch {
	case says("external"):
		return "is external, and retort knows no store to take it from"
	case says("driver"):
		return "has a driver, and retort knows none"
	case says("template_driver"):
		return "has a template_driver, and retort knows none"
	case says("file"), says("environment"), inline:
		return ""
	case kind == "configs":
		return "has neither file nor environment nor content"
	}
	return "has neither file nor environment"
}
