package ui

import "unicode/utf8"

// Colours say nothing that the words do not.
const (
	codeBold   = "1"
	codeFaint  = "2"
	codeRed    = "31"
	codeYellow = "33"
)

func (u *UI) bold(text string) string   { return u.paint(codeBold, text) }
func (u *UI) faint(text string) string  { return u.paint(codeFaint, text) }
func (u *UI) red(text string) string    { return u.paint(codeRed, text) }
func (u *UI) yellow(text string) string { return u.paint(codeYellow, text) }

func (u *UI) paint(code, text string) string {
	if !u.opts.Color {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// visible is the width of text without its colours.
func visible(text string) int { return utf8.RuneCountInString(printable(text)) }
