package ui

import (
	"fmt"
	"strings"
	"time"

	"github.com/retort-ci/retort/pkg/progress"
)

// maxLive bounds the live area, and half of the terminal does.
const maxLive = 10

// Terminal sequences (ECMA-48): up n lines, and erase from here to the end of
// the screen. Nothing else is needed of a terminal.
const (
	cursorUp   = "\x1b[%dA"
	eraseBelow = "\r\x1b[J"
)

// erase takes the live area off the screen.
func (u *UI) erase() {
	if u.drawn == 0 {
		return
	}
	fmt.Fprintf(&u.out, cursorUp, u.drawn)
	u.out.WriteString(eraseBelow)
	u.drawn = 0
}

// draw puts what runs now below the lines. The area was erased before.
func (u *UI) draw(now time.Time) {
	if u.mode != TTY || u.closed {
		return
	}
	columns, rows := size(u.opts.Size)
	list := u.board.now(now)
	if columns == 0 || len(list) == 0 {
		return
	}
	room := max(1, min(maxLive, rows/2))
	for i, r := range list {
		line := u.live(r, now)
		if i == room-1 && len(list) > room {
			line = fmt.Sprintf("… and %d more", len(list)-i)
		}
		// The last column stays free: some terminals wrap when it is written to.
		u.out.WriteString(u.faint(cut(line, columns-1)))
		u.out.WriteByte('\n')
		u.drawn++
		if u.drawn == room {
			break
		}
	}
}

// live is one line of the live area.
func (u *UI) live(r *running, now time.Time) string {
	text := span(now.Sub(r.since)) + "  "
	if current, _ := r.bytes(); current > 0 {
		text += moved(r, now) + "  "
	}
	// Time and bytes come first, since the end of the line may be cut off.
	about := u.column(progress.Event{Stage: r.stage, Subject: r.subject}) + oneLine(r.name)
	return strings.TrimRight(pad(text, 9)+about, " ")
}

// size asks for the terminal's size. Zero columns: unknown.
func size(ask func() (columns, rows int)) (columns, rows int) {
	if ask == nil {
		return 0, 0
	}
	columns, rows = ask()
	return max(0, columns), max(0, rows)
}
