package project

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/retort-ci/retort/pkg/fault"
)

// finding is one thing to say about the files.
type finding struct {
	at   position
	text string
	hint string // what to do about it, empty when the text says it all
}

func (f finding) String() string { return f.at.String() + ": " + f.text }

// report collects findings, so that a user sees all of them at once.
type report struct {
	places    index
	findings  []finding
	otherwise string // the hint when no finding has one
}

func (r *report) add(at position, format string, args ...any) {
	r.hint("", at, format, args...)
}

func (r *report) hint(hint string, at position, format string, args ...any) {
	r.findings = append(r.findings, finding{at: at, text: fmt.Sprintf(format, args...), hint: hint})
}

// sorted gives the findings as one reads the files, each once.
func (r *report) sorted() []finding {
	slices.SortFunc(r.findings, func(a, b finding) int {
		return cmp.Or(a.at.before(b.at), strings.Compare(a.text, b.text))
	})
	return slices.Compact(r.findings)
}

// lines gives the findings as text.
func (r *report) lines() []string {
	var lines []string
	for _, f := range r.sorted() {
		lines = append(lines, f.String())
	}
	return lines
}

// err is nil without findings, else a fault of the file with the first hint.
func (r *report) err() error {
	if len(r.findings) == 0 {
		return nil
	}
	var all []error
	hint := ""
	for _, f := range r.sorted() {
		all = append(all, errors.New(f.String()))
		if hint == "" {
			hint = f.hint
		}
	}
	return fault.Wrap(fault.Usage, errors.Join(all...), cmp.Or(hint, r.otherwise))
}
