package report

import (
	"strings"
	"time"

	"github.com/jstemmer/go-junit-report/v2/gtr"
)

// goPackage is a package while its events come.
type goPackage struct {
	name    string
	begin   time.Time
	elapsed time.Duration
	result  gtr.Result // gtr.Unknown until it ends
	tests   []*goTest
	byName  map[string]*goTest // the last of that name
	out     tail

	failedBuild string // import path of what could not be built
	cause       string // such as "[build failed]"
}

// goTest is a test while its events come.
type goTest struct {
	name    string
	elapsed time.Duration
	result  gtr.Result
	out     tail
}

func newGoPackage(e event) *goPackage {
	return &goPackage{name: e.Package, begin: timestamp(e.Time), byName: map[string]*goTest{}}
}

// event takes the next event, and says whether a test began with it.
func (p *goPackage) event(e event, room *room) (began bool) {
	if e.Test == "" {
		p.own(e, room)
		return false
	}
	t := p.byName[e.Test]
	if t == nil || e.Action == "run" {
		t, began = &goTest{name: e.Test}, true
		p.byName[e.Test], p.tests = t, append(p.tests, t)
	}
	switch {
	case e.ends():
		t.result, t.elapsed = e.result(), e.elapsed()
	case e.Action == "output" && !e.framework():
		t.out.write(e.Output, room)
	}
	return began
}

// own takes an event of the package itself.
func (p *goPackage) own(e event, room *room) {
	switch {
	case e.ends():
		p.result, p.elapsed, p.failedBuild = e.result(), e.elapsed(), e.FailedBuild
	case e.Action == "output" && e.framework():
		p.cause = either(buildCause(e.Output), p.cause)
	case e.Action == "output":
		p.out.write(e.Output, room)
	}
}

// buildCause is what the summary line says of a package that never ran.
func buildCause(line string) string {
	line = strings.TrimSpace(line)
	for _, cause := range []string{"[build failed]", "[setup failed]"} {
		if strings.HasPrefix(line, "FAIL") && strings.HasSuffix(line, cause) {
			return cause
		}
	}
	return ""
}

// finish gives the package as go-junit-report describes one.
func (p *goPackage) finish(builds goBuilds) gtr.Package {
	out := gtr.Package{Name: p.name, Timestamp: p.begin, Duration: p.elapsed}
	explained := p.result == gtr.Pass || p.result == gtr.Skip
	for id, t := range p.tests {
		test := gtr.Test{ID: id, Name: t.name, Duration: t.elapsed, Result: t.verdict(p.result), Output: t.out.lines()}
		explained = explained || test.Result == gtr.Fail || test.Result == gtr.Unknown
		out.Tests = append(out.Tests, test)
	}
	switch {
	case !explained && (p.failedBuild != "" || p.cause != ""):
		said := append(builds.tell(either(p.failedBuild, p.name)), p.out.lines()...)
		out.BuildError = gtr.Error{Name: either(p.name, unnamed), Cause: either(p.cause, "[build failed]"), Output: said}
	case !explained:
		out.RunError = gtr.Error{Name: either(p.name, unnamed), Cause: p.end(), Output: p.out.lines()}
	default:
		out.Output = p.out.lines()
	}
	return out
}

// end says how a package came to fail that no test of it explains.
func (p *goPackage) end() string {
	if p.result == gtr.Unknown {
		return "the output ends before the package does"
	}
	return "the package failed outside of its tests"
}

// verdict is the test's result. Benchmarks that went well have no event for it.
func (t *goTest) verdict(ofPackage gtr.Result) gtr.Result {
	if t.result == gtr.Unknown && (ofPackage == gtr.Pass || t.measured()) {
		return gtr.Pass
	}
	return t.result
}

func (t *goTest) measured() bool {
	return strings.HasPrefix(t.name, "Benchmark") && strings.Contains(string(t.out.buf), " ns/op")
}
