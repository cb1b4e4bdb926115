package ci

import (
	"cmp"
	"slices"
	"strings"
)

// Version is a version as semver.org 2.0.0 has it: three numbers, then perhaps
// -pre-release and +build.
type Version struct {
	text string
	core [3]string // digits without leading zeros; they may be of any length
	pre  string
}

// ParseVersion reads the version in a git tag, "v1.4.2" or "1.4.2".
func ParseVersion(tag string) (Version, bool) {
	v := Version{text: strings.TrimPrefix(tag, "v")}
	rest, build, hasBuild := strings.Cut(v.text, "+")
	core, pre, hasPre := strings.Cut(rest, "-")
	numbers := strings.Split(core, ".")
	if len(numbers) != len(v.core) || hasBuild && !identifiers(build) || hasPre && !identifiers(pre) {
		return Version{}, false
	}
	for i, n := range numbers {
		if !isNumber(n) || len(n) > 1 && n[0] == '0' {
			return Version{}, false
		}
		v.core[i] = n
	}
	v.pre = pre
	return v, true
}

// String is the version without the v.
func (v Version) String() string { return v.text }

// Major is "1" of 1.4.2.
func (v Version) Major() string { return v.core[0] }

// Minor is "1.4" of 1.4.2.
func (v Version) Minor() string { return v.core[0] + "." + v.core[1] }

// IsRelease is false for a pre-release.
func (v Version) IsRelease() bool { return v.pre == "" }

// Compare orders versions by precedence: a pre-release comes before its release,
// and build metadata does not count.
func (v Version) Compare(w Version) int {
	byCore := slices.CompareFunc(v.core[:], w.core[:], compareNumbers)
	if byCore != 0 || v.pre == w.pre {
		return byCore
	}
	if v.IsRelease() || w.IsRelease() {
		return cmp.Compare(len(w.pre), len(v.pre)) // one of them is nothing
	}
	return slices.CompareFunc(strings.Split(v.pre, "."), strings.Split(w.pre, "."), comparePre)
}

// comparePre puts numbers before words.
func comparePre(a, b string) int {
	switch numA, numB := isNumber(a), isNumber(b); {
	case numA && numB:
		return compareNumbers(a, b)
	case numA:
		return -1
	case numB:
		return 1
	}
	return cmp.Compare(a, b)
}

// compareNumbers is right for numbers that no integer type can hold.
func compareNumbers(a, b string) int {
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
}

func isNumber(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// identifiers checks dot-separated names of letters, digits and hyphens.
func identifiers(s string) bool {
	for part := range strings.SplitSeq(s, ".") {
		other := strings.IndexFunc(part, func(r rune) bool {
			return r != '-' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
		})
		if part == "" || other >= 0 {
			return false
		}
	}
	return true
}
