package report

import (
	"cmp"
	"iter"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Row is a case and the suite it belongs to.
type Row struct {
	Suite string
	Case
}

// SuiteRow is a suite and its numbers.
type SuiteRow struct {
	Name string
	Counts
}

// Summary is what a reader wants to know of a report first.
type Summary struct {
	Counts
	Suites  []SuiteRow
	Failed  []Row // failed or errored, in the report's order
	Flaky   []Row // passed after an attempt that failed
	Slowest []Row // longest first
}

// Summary sums up the report, with as many of the slowest cases as asked for.
func (r Report) Summary(slowest int) Summary {
	s := Summary{Counts: r.Counts(), Failed: r.Failed(), Flaky: r.Flaky(), Slowest: r.Slowest(slowest)}
	for _, suite := range r.Suites {
		s.Suites = append(s.Suites, SuiteRow{suite.Name, suite.Counts()})
	}
	return s
}

// Rows gives every case with its suite, in the report's order.
func (r Report) Rows() iter.Seq[Row] {
	return func(yield func(Row) bool) {
		for _, s := range r.Suites {
			for _, c := range s.Cases {
				if !yield(Row{s.Name, c}) {
					return
				}
			}
		}
	}
}

// Failed gives the cases that failed or could not be carried out.
func (r Report) Failed() []Row {
	return r.where(func(c Case) bool { return c.Status.Bad() })
}

// Flaky gives the cases that passed after an attempt that failed.
func (r Report) Flaky() []Row {
	return r.where(Case.IsFlaky)
}

// Slowest gives the n cases that took longest, the longest first. A case that
// took no time is never among them.
func (r Report) Slowest(n int) []Row {
	rows := r.where(func(c Case) bool { return c.Time > 0 })
	slices.SortStableFunc(rows, func(a, b Row) int { return cmp.Compare(b.Time, a.Time) })
	return slices.Clone(rows[:min(max(n, 0), len(rows))])
}

func (r Report) where(which func(Case) bool) []Row {
	var out []Row
	for row := range r.Rows() {
		if which(row.Case) {
			out = append(out, row)
		}
	}
	return out
}

// Title names the case on one line: its class, where that says more than the
// suite's name does, and its name.
func (r Row) Title() string {
	name := firstLine(r.Name)
	if r.Class == "" || r.Class == r.Suite || strings.HasPrefix(name, r.Class) {
		return name
	}
	return firstLine(r.Class) + "." + name
}

// Headline is why the case failed or was skipped, on one line of at most 200
// characters; empty for one that passed.
func (c Case) Headline() string {
	for _, s := range []string{c.Message, c.Text, c.Type} {
		if line := firstLine(s); line != "" {
			return line
		}
	}
	return ""
}

// firstLine is the first line with something on it, without what would move a
// terminal's cursor.
func firstLine(s string) string {
	const longest = 200
	s, _, _ = strings.Cut(strings.TrimSpace(clean(s)), "\n")
	s = strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s))
	if utf8.RuneCountInString(s) <= longest {
		return s
	}
	return string([]rune(s)[:longest-1]) + "…"
}
