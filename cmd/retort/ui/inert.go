package ui

import (
	"strings"
	"unicode"
)

// Inert gives a line that no CI takes for a command, whatever a container put
// into it. Words before it do not always protect a line:
//
//   - GitHub's runner obeys "::name::" at the beginning of a line, behind white
//     space too, but "##[name]" anywhere in it;
//   - Travis's log view folds at "fold:start:name" and times at "time:end:name",
//     anywhere as well;
//   - GitLab folds at "section_start:…" only together with control characters,
//     which never come this far.
//
// So a space goes into those that work anywhere, and a bar before those that work
// at the beginning. On a laptop too: what is shown does not depend on where.
func Inert(line string) string {
	for _, word := range []string{"fold:", "time:"} {
		for _, event := range []string{"start:", "end:"} {
			line = strings.ReplaceAll(line, word+event, word+" "+event)
		}
	}
	line = strings.ReplaceAll(line, "##[", "## [")
	if strings.HasPrefix(strings.TrimLeftFunc(line, unicode.IsSpace), "::") {
		line = "|" + line
	}
	return line
}
