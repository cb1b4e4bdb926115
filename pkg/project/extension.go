package project

import (
	"maps"
	"path"
	"slices"
	"strings"
)

// extension is the key under which a Compose file speaks to retort.
const extension = "x-retort"

// suite reads a service's x-retort section.
func (v value) suite() *Suite {
	noted := len(v.report.findings)
	fields := v.fields("verifies", "reports", "timeout")
	suite := &Suite{
		Verifies: fields["verifies"].texts(),
		Timeout:  fields["timeout"].duration(DefaultTimeout),
	}
	for _, item := range fields["reports"].items() {
		if glob := item.text(); item.isGlob(glob) {
			suite.Reports = append(suite.Reports, glob)
		}
	}
	// Were something else wrong, the names could stand behind a wrong key.
	if len(suite.Verifies) == 0 && len(v.report.findings) == noted {
		v.report.hint("name services that are built here: verifies: [orders]", fields["verifies"].at,
			"%s: a suite must verify at least one service", strings.Join(v.path, "."))
	}
	return suite
}

// isGlob notes what keeps a pattern from being looked for in a container.
func (v value) isGlob(glob string) bool {
	_, err := path.Match(glob, "")
	switch {
	case err != nil:
		v.fail("%q is not a valid pattern; see https://pkg.go.dev/path#Match", glob)
	case glob == "" || !path.IsAbs(glob):
		v.fail("%q is not an absolute path in the container", glob)
	default:
		return true
	}
	return false
}

// environments reads the top-level x-retort section, in the order of the file.
func (v value) environments() []Environment {
	all := v.fields("environments")["environments"].entries()
	names := slices.SortedFunc(maps.Keys(all), func(a, b string) int {
		places := v.report.places
		return places.key(extension, "environments", a).before(places.key(extension, "environments", b))
	})
	var environments []Environment
	for _, name := range names {
		environments = append(environments, all[name].environment(name))
	}
	return environments
}

func (v value) environment(name string) Environment {
	fields := v.fields("after", "repository", "tag", "requires")
	e := Environment{
		Name:       name,
		After:      fields["after"].text(),
		Repository: fields["repository"].text(),
		Tag:        fields["tag"].text(),
		Requires:   fields["requires"].texts(),
	}
	if e.Tag == "" {
		e.Tag = name
	}
	return e
}
