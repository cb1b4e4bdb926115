package project

import (
	"path"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// isReportGlob notes what keeps a pattern from being looked for in a container.
func (v value) isReportGlob(glob string) bool {
	if !doublestar.ValidatePattern(glob) {
		v.fail("%q is not a valid pattern; see https://pkg.go.dev/github.com/bmatcuk/doublestar/v4#Match", glob)
		return false
	}
	if glob == "" || !path.IsAbs(glob) {
		v.fail("%q is not an absolute path in the container", glob)
		return false
	}
	return true
}

// splitGlob is a pattern of files in the project. Patterns stay in it, so that
// they mean the same on every machine.
func (v value) splitGlob() (string, bool) {
	glob := v.said()
	switch {
	case glob == "": // told by now
	case !v.isPattern(glob):
	case path.IsAbs(glob):
		v.fail("%q must be relative to the project's directory", glob)
	case slices.Contains(strings.Split(glob, "/"), ".."):
		v.fail("%q must not lead out of the project's directory", glob)
	default:
		return path.Clean(glob), true
	}
	return "", false
}

// isPattern is true for what path.Match takes; ** is one of its patterns.
func (v value) isPattern(glob string) bool {
	_, err := path.Match(glob, "")
	if err != nil {
		v.fail("%q is not a valid pattern; see https://pkg.go.dev/path#Match", glob)
	}
	return err == nil
}
