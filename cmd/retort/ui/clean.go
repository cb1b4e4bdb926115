package ui

import (
	"errors"
	"strings"

	"github.com/retort-ci/retort/pkg/progress"
)

// legible gives e with texts that are safe to show: no control characters that
// a container may have printed, and no secrets. Controls go first, since one in
// the middle of a secret would hide it from us and from no reader.
func (u *UI) legible(e progress.Event) progress.Event {
	e.Subject, e.Task, e.Text = oneLine(u.clean(e.Subject)), u.clean(e.Task), u.clean(e.Text)
	if e.Err != nil {
		e.Err = errors.New(u.clean(e.Err.Error()))
	}
	return e
}

func (u *UI) clean(text string) string { return u.opts.Secrets.Text(clean(text)) }

// clean keeps what can be read of each line. Of a line that was drawn over and
// over, as progress bars are, the last state counts.
func clean(text string) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	if strings.IndexFunc(text, control) < 0 {
		return text
	}
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		line = strings.TrimRight(line, "\r")
		line = line[strings.LastIndexByte(line, '\r')+1:]
		lines[i] = printable(line)
	}
	return strings.Join(lines, "\n")
}

func control(r rune) bool { return r < ' ' && r != '\t' || r >= 0x7f && r < 0xa0 }

// printable drops control characters and the escape sequences of ECMA-48.
func printable(line string) string {
	var out strings.Builder
	for line != "" {
		at := strings.IndexFunc(line, control)
		if at < 0 {
			out.WriteString(line)
			break
		}
		out.WriteString(line[:at])
		line = behindControl(line[at:])
	}
	return out.String()
}

// behindControl gives what follows the control or escape sequence that line begins with.
func behindControl(line string) string {
	switch {
	case strings.HasPrefix(line, "\x1b["), strings.HasPrefix(line, "\u009b"):
		return behindFinal(line[2:]) // both openings are two bytes long
	case strings.HasPrefix(line, "\x1b]"):
		return behindCommand(line[2:])
	}
	for i := range line {
		if i > 0 {
			return line[i:]
		}
	}
	return ""
}

// behindCommand gives what follows an operating system command, such as a
// window title, which ends with BEL or ESC \. One without an end is shown
// rather than lose what follows.
func behindCommand(line string) string {
	text, rest, ended := strings.Cut(line, "\x1b\\")
	if before, _, ok := strings.Cut(text, "\a"); ok {
		return line[len(before)+1:]
	}
	if ended {
		return rest
	}
	return line
}

// behindFinal gives what follows a control sequence's parameters and its final byte.
func behindFinal(line string) string {
	for i, r := range line {
		switch {
		case r >= 0x40 && r <= 0x7e:
			return line[i+1:]
		case r < 0x20 || r > 0x3f: // not of a sequence
			return line[i:]
		}
	}
	return ""
}
