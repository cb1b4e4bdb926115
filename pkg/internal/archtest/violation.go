package archtest

import (
	"fmt"
	"slices"
)

// Violation is one place that breaks one rule.
type Violation struct {
	Where string // package, file or file:line, below the module's root
	What  string // what stands there
	Why   string // the rule's reason
}

// String is the violation in one line.
func (v Violation) String() string {
	return fmt.Sprintf("%s: %s (%s)", v.Where, v.What, v.Why)
}

// Exception is a place that a rule does not bind. One that excuses nothing is
// itself a violation, so that the list stays true.
type Exception struct {
	Where string // package or file, with a name behind a colon where one is meant
	Why   string
}

// excuses remembers which exceptions were needed.
type excuses struct {
	list []Exception
	used map[string]bool
}

func newExcuses(list []Exception) *excuses {
	return &excuses{list: list, used: make(map[string]bool)}
}

// cover says whether one of the places is excused.
func (e *excuses) cover(places ...string) bool {
	for _, x := range e.list {
		if slices.Contains(places, x.Where) {
			e.used[x.Where] = true
			return true
		}
	}
	return false
}

// idle gives a violation for each exception that excused nothing.
func (e *excuses) idle() []Violation {
	var out []Violation
	for _, x := range e.list {
		if !e.used[x.Where] {
			out = append(out, Violation{x.Where, "an exception that nothing needs", x.Why})
		}
	}
	return out
}
