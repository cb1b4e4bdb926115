package project

import (
	"maps"
	"slices"
	"strings"

	"github.com/retort-ci/retort/pkg/internal/nearest"
)

// checkDependencies looks at depends_on in the merged tree. compose-go does so
// as well, later, but does not say where.
func checkDependencies(tree map[string]any, r *report) {
	services, _ := tree["services"].(map[string]any)
	names := slices.Sorted(maps.Keys(services))
	wanted := func(name string) []string {
		service, _ := services[name].(map[string]any)
		dependencies, _ := service["depends_on"].(map[string]any)
		return slices.Sorted(maps.Keys(dependencies))
	}
	for _, name := range names {
		for _, other := range wanted(name) {
			if _, ok := services[other]; !ok {
				r.add(r.places.key("services", name, "depends_on", other),
					"service %q depends on unknown service %q%s", name, other, nearest.Ask(other, names))
			}
		}
	}
	if cycle := findCycle(names, wanted); cycle != nil {
		r.add(r.places.key("services", cycle[0], "depends_on", cycle[1]),
			"services depend on each other in a cycle: %s", arrows(cycle))
	}
}

// findCycle follows next from each of names and gives the first cycle, its
// first element again at its end, or nil.
func findCycle(names []string, next func(string) []string) []string {
	done := map[string]bool{}
	var path []string
	var visit func(name string) []string
	visit = func(name string) []string {
		if i := slices.Index(path, name); i >= 0 {
			return append(slices.Clone(path[i:]), name)
		}
		if done[name] {
			return nil
		}
		path = append(path, name)
		for _, n := range next(name) {
			if cycle := visit(n); cycle != nil {
				return cycle
			}
		}
		path = path[:len(path)-1]
		done[name] = true
		return nil
	}
	for _, name := range names {
		if cycle := visit(name); cycle != nil {
			return cycle
		}
	}
	return nil
}

func arrows(path []string) string { return strings.Join(path, " → ") }
