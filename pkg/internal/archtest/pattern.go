package archtest

import (
	"slices"
	"strings"
)

// matches says whether path is one of those that the patterns name:
//
//	pkg/step          this package
//	pkg/step/...      this package and all below it
//	std               the standard library
//	...               everything
func matches(patterns []string, path string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return match(p, path) })
}

func match(pattern, path string) bool {
	switch pattern {
	case "...":
		return true
	case "std":
		return isStd(path)
	}
	base, below := strings.CutSuffix(pattern, "/...")
	return path == base || below && strings.HasPrefix(path, base+"/")
}

// isOwn says whether path is a package of this module, without its prefix.
func isOwn(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return slices.Contains([]string{"cmd", "pkg", "examples", "scripts"}, first)
}

// isStd says whether path belongs to the standard library, whose import paths
// have no dot in their first element. Cgo's "C" is none of it.
func isStd(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return path != "C" && !strings.Contains(first, ".") && !isOwn(path)
}
