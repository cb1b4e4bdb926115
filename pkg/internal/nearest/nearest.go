// Package nearest finds the name that someone who mistyped one had in mind.
package nearest

import (
	"strings"

	"github.com/agext/levenshtein"
)

// enough is how alike two names must be, of 1, for one to be suggested: a
// letter off in three is, two letters swapped in four, half a word cut off.
const enough = 0.62

// Of gives the name in among that is most like word, and whether any is like
// enough to be suggested. The measure is Levenshtein's edit distance by the
// longer name's length, case aside, in favour of names that begin the same.
// Of equally near names the first one wins.
func Of(word string, among []string) (string, bool) {
	prefixCounts := levenshtein.NewParams().BonusThreshold(0.3).BonusScale(0.15)
	best, most := "", 0.0
	for _, name := range among {
		alike := levenshtein.Match(strings.ToLower(word), strings.ToLower(name), prefixCounts)
		if alike >= enough && alike > most {
			best, most = name, alike
		}
	}
	return best, best != ""
}

// Ask is Of as the end of a message: ` (did you mean "orders"?)`, or nothing
// where no name is near.
func Ask(word string, among []string) string {
	name, ok := Of(word, among)
	if !ok {
		return ""
	}
	return ` (did you mean "` + name + `"?)`
}
