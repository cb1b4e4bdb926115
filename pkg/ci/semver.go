package ci

import "strings"

// semver gives the version in a tag, "v1.4.2" or "1.4.2", without the v. It
// follows semver.org 2.0.0: three numbers, then perhaps -pre-release and +build.
func semver(tag string) (string, bool) {
	version := strings.TrimPrefix(tag, "v")
	rest, build, hasBuild := strings.Cut(version, "+")
	core, pre, hasPre := strings.Cut(rest, "-")
	numbers := strings.Split(core, ".")
	if len(numbers) != 3 || hasBuild && !identifiers(build) || hasPre && !identifiers(pre) {
		return "", false
	}
	for _, n := range numbers {
		if n == "" || strings.Trim(n, "0123456789") != "" || len(n) > 1 && n[0] == '0' {
			return "", false
		}
	}
	return version, true
}

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
