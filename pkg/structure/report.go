package structure

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/retort-ci/retort/pkg/fault"
)

// maxFindings is how many mistakes of one file are told.
const maxFindings = 25

// finding is one thing to say about a file.
type finding struct {
	line, col int // from 1; line 0 is the file as a whole
	text      string
	hint      string
}

// report collects findings, so that a user sees all of them at once.
type report struct {
	name     string
	findings []finding
	warnings []finding
}

func (r *report) add(f finding) {
	if len(r.findings) < maxFindings {
		r.findings = append(r.findings, f)
	}
}

// lines puts findings in the order of the file, each once and with its place.
func (r *report) lines(findings []finding) []string {
	slices.SortStableFunc(findings, func(a, b finding) int {
		return cmp.Or(cmp.Compare(a.line, b.line), cmp.Compare(a.col, b.col))
	})
	var lines []string
	for _, f := range findings {
		at := r.name
		if f.line > 0 {
			at = fmt.Sprintf("%s:%d:%d", r.name, f.line, f.col)
		}
		lines = append(lines, at+": "+f.text)
	}
	return slices.Compact(lines)
}

// err is nil without findings, else a fault of the file with the first hint.
func (r *report) err() error {
	var all []error
	for _, line := range r.lines(r.findings) {
		all = append(all, errors.New(line))
	}
	hint := ""
	for _, f := range r.findings {
		hint = cmp.Or(hint, f.hint)
	}
	return fault.Wrap(fault.Usage, errors.Join(all...), hint)
}
