package ui

import (
	"fmt"
	"strings"
	"time"
)

// How often the live area moves, and how long plain output may stay silent: a
// CI takes ten silent minutes for a hang, a person one.
const (
	redraw = 200 * time.Millisecond
	silent = time.Minute
)

func (u *UI) interval() time.Duration {
	if u.mode == TTY {
		return redraw
	}
	return silent
}

// tick redraws the live area, or says in plain output what runs when nothing
// was said for a minute.
func (u *UI) tick() {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.closed {
		return
	}
	now := time.Now()
	next := u.interval()
	switch u.mode {
	case TTY:
		u.erase()
		u.draw(now)
	case Plain:
		if quiet := now.Sub(u.printed); quiet < silent {
			next = silent - quiet
			break
		}
		u.heartbeat(now)
	case Quiet:
	}
	u.flush()
	u.timer.Reset(next)
}

// heartbeat names what runs, in one line.
func (u *UI) heartbeat(now time.Time) {
	const named = 3
	var names []string
	list := u.board.now(now)
	for _, r := range list[:min(named, len(list))] {
		name := strings.Join(strings.Fields(r.stage+" "+r.subject+" "+r.name), " ")
		names = append(names, fmt.Sprintf("%s (%s)", cut(name, taskWidth), span(now.Sub(r.since))))
	}
	if len(list) > named {
		names = append(names, fmt.Sprintf("%d more", len(list)-named))
	}
	if len(names) == 0 {
		return
	}
	u.print("still running: " + strings.Join(names, ", "))
	u.printed = now
}
