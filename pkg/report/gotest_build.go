package report

import (
	"maps"
	"slices"

	"github.com/jstemmer/go-junit-report/v2/gtr"
)

// goBuilds is what the compiler said, by import path.
type goBuilds map[string]*goBuild

type goBuild struct {
	out    tail
	text   bool // it was found among the lines that are no events
	failed bool
	told   bool // a package shows it
}

// event takes an event of the build, and says whether it is the first of its
// import path.
func (b goBuilds) event(e event, room *room) (began bool) {
	one := b[e.ImportPath]
	if one == nil {
		one, began = &goBuild{}, true
		b[e.ImportPath] = one
	}
	if e.Action == "build-fail" {
		one.failed = true
	}
	one.out.write(e.Output, room)
	return began
}

// addText adds what go-junit-report found among the lines that are no events.
// Warnings look like errors there, so they only count when a package did not
// build.
func (b goBuilds) addText(packages []gtr.Package) {
	for _, p := range packages {
		name := p.BuildError.Name
		if name == "" || b[name] != nil {
			continue
		}
		one := &goBuild{text: true}
		for _, line := range p.BuildError.Output {
			one.out.buf = append(one.out.buf, line+"\n"...)
		}
		b[name] = one
	}
}

// tell gives what was said of an import path to a package that shows it. If
// nothing was, something that the package imports must have failed.
func (b goBuilds) tell(path string) []string {
	one := b[path]
	if one == nil {
		for _, other := range b {
			other.failed = other.failed || other.text
		}
		return nil
	}
	one.told = true
	return one.out.lines()
}

// untold are the builds that failed without a package that shows it.
func (b goBuilds) untold() []gtr.Package {
	var out []gtr.Package
	for _, path := range slices.Sorted(maps.Keys(b)) {
		if one := b[path]; one.failed && !one.told {
			failed := gtr.Error{Name: either(path, unnamed), Cause: "[build failed]", Output: one.out.lines()}
			out = append(out, gtr.Package{Name: path, BuildError: failed})
		}
	}
	return out
}
