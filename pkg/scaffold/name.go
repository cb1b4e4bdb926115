package scaffold

import (
	"path"
	"path/filepath"
	"strings"
)

// fallback is the name of what no name can be made for.
const fallback = "app"

// projectName is the repository's name on its server, or else the directory's: a
// CI checks out into directories of any name.
func projectName(remote, dir string) string {
	if remote != "" {
		return nameOf(path.Base(remote))
	}
	return nameOf(filepath.Base(dir))
}

// nameOf makes of s a name that is good for a Compose project, a service and the
// last part of a repository alike: lower-case letters and digits, with single
// hyphens between them, two characters at least, as registries want it.
func nameOf(s string) string {
	var b strings.Builder
	gap := false
	for _, r := range strings.ToLower(s) {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			if gap && b.Len() > 0 {
				b.WriteByte('-')
			}
			b.WriteRune(r)
		}
		gap = r == '-' || r == '_' || r == '.' || r == ' '
	}
	if b.Len() < 2 {
		return fallback
	}
	return b.String()
}
