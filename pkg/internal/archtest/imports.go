package archtest

import (
	"fmt"
	"slices"
	"strings"
)

// ImportRule says what packages do not import. Patterns are as in [matches].
type ImportRule struct {
	Who    []string // whom the rule binds; everyone when empty
	Except []string // of them, whom it does not
	Bans   []string // what they do not import
	Allow  []string // of that, what they may
	Tests  bool     // test files are bound as well
	Deep   bool     // nor import through other modules
	Why    string
}

// CheckImports holds the module's packages against the rules.
func CheckImports(g Graph, rules []ImportRule) []Violation {
	var out []Violation
	for _, p := range g.own() {
		for _, r := range rules {
			if r.binds(p.Path) {
				out = append(out, r.check(g, p)...)
			}
		}
	}
	return out
}

func (r ImportRule) binds(path string) bool {
	return (len(r.Who) == 0 || matches(r.Who, path)) && !matches(r.Except, path)
}

// bans leaves every package itself: its external tests import it.
func (r ImportRule) bans(path, self string) bool {
	return path != self && matches(r.Bans, path) && !matches(r.Allow, path)
}

func (r ImportRule) check(g Graph, p Package) []Violation {
	var out []Violation
	report := func(format string, args ...any) {
		out = append(out, Violation{p.Path, fmt.Sprintf(format, args...), r.Why})
	}
	for _, path := range p.Imports {
		if r.bans(path, p.Path) {
			report("imports %s", path)
		}
	}
	for _, path := range slices.Compact(slices.Sorted(slices.Values(p.TestImports))) {
		if r.Tests && r.bans(path, p.Path) && !slices.Contains(p.Imports, path) {
			report("imports %s in a test", path)
		}
	}
	if !r.Deep {
		return out
	}
	for _, way := range g.chains(p) {
		if last := len(way) - 1; last > 0 && r.bans(way[last], p.Path) {
			report("imports %s through %s", way[last], strings.Join(way[:last], " → "))
		}
	}
	return out
}
