package project

import (
	"maps"
	"slices"
)

// extension is the key under which a Compose file speaks to retort.
const extension = "x-retort"

// project reads the top-level x-retort section.
func (v value) project(p *Project) {
	fields := v.fields("environments", "tags")
	p.Environments = fields["environments"].environments(p.Dir)
	p.Tags = fields["tags"].texts()
}

// environments are in the order of the file. dir is where paths begin.
func (v value) environments(dir string) []Environment {
	all := v.entries()
	names := slices.SortedFunc(maps.Keys(all), func(a, b string) int {
		places := v.report.places
		return places.key(extension, "environments", a).before(places.key(extension, "environments", b))
	})
	var environments []Environment
	for _, name := range names {
		environments = append(environments, all[name].environment(name, dir))
	}
	return environments
}
