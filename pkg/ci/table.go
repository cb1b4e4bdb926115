package ci

import (
	"os"
	"strings"
)

// table says where a system keeps each fact. Lists are tried in order, and the
// first entry that gives something counts.
type table struct {
	system      System
	marks       []when // the system is this one if any of them holds
	events      []rule[Event]
	forks       []rule[bool] // asked for pull requests only; none: from a fork
	secrets     []rule[bool] // none: had, unless it is a fork's pull request
	branch      []source
	tag         []source
	commit      []source
	pullRequest []source // the number begins the value
	head, base  []source
	buildID     []source
	buildNumber []source
	job         []source
	actor       []source // who started the build, not whose commit it is
	slug        []source
	url         []string // templates: ${NAME}; all names must be set
}

// when is a condition on one variable.
type when struct {
	name string
	is   string // "": set at all; "$OTHER": equal to that variable, whatever the case; "x*": begins with x
}

type rule[T any] struct {
	when
	then T
}

// source is a variable that has a fact behind a prefix. Where the variable
// does not begin with the prefix, it does not tell.
type source struct{ name, prefix string }

// vars reads variables. One that is empty is one that is unset: Travis sets
// many to nothing.
type vars func(string) string

func (get vars) value(name string) string { return strings.TrimSpace(get(name)) }

func (get vars) holds(w when) bool {
	value := get.value(w.name)
	if value == "" || w.is == "" {
		return value != ""
	}
	if other, ok := strings.CutPrefix(w.is, "$"); ok {
		return strings.EqualFold(value, get.value(other))
	}
	if prefix, ok := strings.CutSuffix(w.is, "*"); ok {
		return strings.HasPrefix(value, prefix)
	}
	return value == w.is
}

// first gives the first fact among the sources, or nothing.
func (get vars) first(sources []source) string {
	for _, s := range sources {
		if fact, ok := strings.CutPrefix(get.value(s.name), s.prefix); ok && fact != "" {
			return fact
		}
	}
	return ""
}

// expand fills the first template of which every variable is set.
func (get vars) expand(templates []string) string {
	for _, t := range templates {
		whole := true
		text := os.Expand(t, func(name string) string {
			value := get.value(name)
			whole = whole && value != ""
			return value
		})
		if whole {
			return text
		}
	}
	return ""
}

// decide gives what the first rule that holds says, or otherwise.
func decide[T any](get vars, rules []rule[T], otherwise T) T {
	for _, r := range rules {
		if get.holds(r.when) {
			return r.then
		}
	}
	return otherwise
}

// env makes plain sources of names.
func env(names ...string) []source {
	list := make([]source, len(names))
	for i, name := range names {
		list[i].name = name
	}
	return list
}
