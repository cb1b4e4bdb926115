package report

import (
	"path"
	"slices"
	"strings"
	"time"
)

// Timings tells how long the cases of each file took, for those of files (slash
// paths below the project) that the report has cases of. No reporter names a
// file as the project does: a container has it elsewhere, and some name classes
// alone. So a case belongs to the file that its File, else its Class, else its
// suite's name agrees with from the end on, over the longest stretch. What
// agrees with several equally well belongs to none.
func (r Report) Timings(files []string) map[string]time.Duration {
	f := newFinder(files)
	out := map[string]time.Duration{}
	for row := range r.Rows() {
		if file, ok := f.file(row); ok {
			out[file] = sum(out[file], row.Time)
		}
	}
	return out
}

// finder finds files by what reports call them.
type finder struct {
	paths   endings // "e2e/cart_test.py"
	modules endings // "e2e.cart_test"
}

func newFinder(files []string) finder {
	f := finder{newEndings("/"), newEndings(".")}
	for _, file := range files {
		clean := slashed(file)
		f.paths.add(clean, file)
		f.modules.add(strings.TrimSuffix(clean, path.Ext(clean)), file)
	}
	return f
}

// file is the one file that a case belongs to. Where its File leaves several,
// as a bare "cart_test.py" does, its Class chooses among them, and so on.
func (f finder) file(row Row) (string, bool) {
	var left []string
	for _, found := range [][]string{f.byPath(row.File), f.byClass(row.Class), f.byPath(row.Suite)} {
		if left = narrow(left, found); len(left) == 1 {
			return left[0], true
		}
	}
	return "", false
}

// narrow keeps those of left that were found too. A finding that has nothing to
// do with them says nothing.
func narrow(left, found []string) []string {
	both := slices.DeleteFunc(slices.Clone(left), func(file string) bool { return !slices.Contains(found, file) })
	switch {
	case len(left) == 0:
		return found
	case len(both) == 0:
		return left
	}
	return both
}

func (f finder) byPath(name string) []string {
	if !plausible(name) {
		return nil
	}
	found, _ := f.paths.find(slashed(name))
	return found
}

// byClass takes from the end of the class what a file may hold: the classes of
// a Python module, a class within a Java one ("OrderTest$Empty"), and the
// extension, since some write the file's own name there.
func (f finder) byClass(class string) []string {
	if !plausible(class) {
		return nil
	}
	class, _, _ = strings.Cut(dotted(class), "$")
	var best []string
	for longest := 0; len(class) > longest; {
		found, length := f.modules.find(class)
		if length > longest {
			best, longest = found, length
		}
		class = class[:max(0, strings.LastIndexByte(class, '.'))]
	}
	return best
}

// plausible is false for what no file is called, and for what a report could
// keep us busy with: looking takes time by the square of the parts.
func plausible(name string) bool {
	const deepest = 64
	return name != "" && strings.Count(dotted(name), ".") <= deepest
}

func slashed(name string) string { return path.Clean(strings.ReplaceAll(name, `\`, "/")) }

func dotted(name string) string {
	return strings.ReplaceAll(strings.ReplaceAll(name, `\`, "."), "/", ".")
}

// endings finds files by names of which one is the end of the other: the same
// file, seen from two directories.
type endings struct {
	separator string
	whole     map[string][]string // files by their names
	ends      map[string][]string // files by every end of their names
}

func newEndings(separator string) endings {
	return endings{separator, map[string][]string{}, map[string][]string{}}
}

// add takes a slash path. Its ends begin at a directory's name or the file's,
// not behind a dot in one: "spec" is no end of "e2e/cart.spec".
func (e endings) add(name, file string) {
	whole := strings.ReplaceAll(name, "/", e.separator)
	if slices.Contains(e.whole[whole], file) {
		return // it was given twice
	}
	e.whole[whole] = append(e.whole[whole], file)
	for end, more := name, true; more; _, end, more = strings.Cut(end, "/") {
		end := strings.ReplaceAll(end, "/", e.separator)
		e.ends[end] = append(e.ends[end], file)
	}
}

// find gives the files that agree with name best, and how much of it does. The
// very name is better than one that only ends so.
func (e endings) find(name string) (files []string, length int) {
	if files := e.whole[name]; len(files) > 0 {
		return files, len(name)
	}
	if files := e.ends[name]; len(files) > 0 {
		return files, len(name)
	}
	for _, end, more := strings.Cut(name, e.separator); more; _, end, more = strings.Cut(end, e.separator) {
		if files := e.whole[end]; len(files) > 0 {
			return files, len(end)
		}
	}
	return nil, 0
}
