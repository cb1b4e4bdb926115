package report

import (
	"regexp"
	"strings"

	"github.com/jstemmer/go-junit-report/v2/gtr"
)

// unnamed is the suite of tests whose package nobody names.
const unnamed = "go test"

// fromPackages makes a suite of each package that has something to report.
func fromPackages(packages []gtr.Package) Report {
	var out Report
	for _, p := range packages {
		if s := fromPackage(p); len(s.Cases) > 0 {
			out.Suites = append(out.Suites, s)
		}
	}
	return out
}

func fromPackage(p gtr.Package) Suite {
	s := Suite{Name: either(clean(p.Name), unnamed), Timestamp: p.Timestamp, SystemOut: text(p.Output)}
	for _, t := range p.Tests {
		s.Cases = append(s.Cases, fromTest(s.Name, t))
	}
	if e := p.BuildError; e.Name != "" {
		s.Cases = append(s.Cases, ownCase(s.Name, either(e.Cause, "[build failed]"), "the package could not be built", e))
	}
	if e := p.RunError; e.Name != "" {
		s.Cases = append(s.Cases, ownCase(s.Name, "[package failed]", either(e.Cause, "the package failed outside of its tests"), e))
	}
	s.Time = min(max(p.Duration, 0), longest)
	if s.Time == 0 {
		s.Time = total(s.Cases)
	}
	return s
}

// ownCase stands for what failed outside of all tests.
func ownCase(suite, name, message string, e gtr.Error) Case {
	return Case{Name: name, Class: suite, Status: Errored, Message: message, Text: text(e.Output)}
}

func fromTest(suite string, t gtr.Test) Case {
	c := Case{Name: clean(t.Name), Class: suite, Time: min(max(t.Duration, 0), longest)}
	output := text(t.Output)
	switch t.Result {
	case gtr.Pass:
		c.SystemOut = output
	case gtr.Fail:
		c.Status, c.Message, c.Text = Failed, either(reason(t.Output), "failed"), output
	case gtr.Skip:
		c.Status, c.Message, c.Text = Skipped, either(reason(t.Output), "skipped"), output
	case gtr.Unknown:
		c.Status, c.Message, c.Text = Errored, noResult(t.Output), output
	}
	return c
}

// noResult says of a test without one what its end was, if that is known.
func noResult(output []string) string {
	const message = "the test has no result"
	if why := reason(output); strings.HasPrefix(why, "panic: ") {
		return message + ": " + why
	}
	return message
}

func text(lines []string) string { return visible(clean(strings.Join(lines, "\n"))) }

// located is a line that package testing wrote for t.Log, t.Error and t.Skip.
var located = regexp.MustCompile(`^\s*[^\s:]+\.go:\d+: ?(.*)$`)

// reason finds the line that says why: the panic, or the last one that the test
// wrote itself. testify leaves that empty and says it after "Error:".
func reason(output []string) string {
	last := ""
	for _, line := range output {
		if strings.HasPrefix(line, "panic: ") {
			return clean(line)
		}
		if m := located.FindStringSubmatch(line); m != nil {
			last = strings.TrimSpace(m[1])
		} else if said, found := strings.CutPrefix(strings.TrimSpace(line), "Error:"); found && last == "" {
			last = strings.TrimSpace(said)
		}
	}
	return clean(last)
}
