package structure

import (
	"io/fs"
	"regexp"
	"strings"
)

// permissionString matches what ls -l and fs.FileMode.String write: a type (Go
// may write several letters of it), then three times read, write, execute.
var permissionString = regexp.MustCompile(`^[-a-zA-Z?]+[-r][-w][-xsS][-r][-w][-xsS][-r][-w][-xtT]$`)

func isPermissions(text string) bool { return permissionString.MatchString(text) }

// hasPermissions is true when text stands for mode in either way of writing.
func hasPermissions(mode fs.FileMode, text string) bool {
	return text == mode.String() || text == listed(mode)
}

// listed is mode as ls -l writes it (POSIX.1-2017, ls, "STDOUT").
func listed(mode fs.FileMode) string {
	text := []byte(kindLetter(mode) + mode.Perm().String()[1:])
	for _, special := range []struct {
		bit    fs.FileMode
		at     int
		letter string
	}{{fs.ModeSetuid, 3, "s"}, {fs.ModeSetgid, 6, "s"}, {fs.ModeSticky, 9, "t"}} {
		switch {
		case mode&special.bit == 0:
		case text[special.at] == 'x':
			text[special.at] = special.letter[0]
		default:
			text[special.at] = strings.ToUpper(special.letter)[0]
		}
	}
	return string(text)
}

func kindLetter(mode fs.FileMode) string {
	switch {
	case mode.IsDir():
		return "d"
	case mode&fs.ModeSymlink != 0:
		return "l"
	case mode&fs.ModeNamedPipe != 0:
		return "p"
	case mode&fs.ModeSocket != 0:
		return "s"
	case mode&fs.ModeCharDevice != 0:
		return "c"
	case mode&fs.ModeDevice != 0:
		return "b"
	}
	return "-"
}

// executableBy is true when one of the bits is set that who needs.
func executableBy(mode fs.FileMode, who string) bool {
	bits := map[string]fs.FileMode{"owner": 0o100, "group": 0o010, "other": 0o001, "any": 0o111}
	return mode&bits[who] != 0
}
