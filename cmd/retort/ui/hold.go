package ui

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/retort-ci/retort/pkg/progress"
)

// How the events of a suite are marked.
const (
	suiteStage = "test"
	suiteTask  = "suite"
)

// hold gives those of a suite's lines that are shown now. The others it keeps:
// all of them for a fold, since suites print at the same time and a fold holds
// what is printed meanwhile; the last ones of a suite that prints too much.
func (u *UI) hold(e progress.Event, lines []string) []string {
	if u.opts.Folds == nil && u.opts.LogLimit == 0 || u.closed {
		return lines
	}
	if len(lines) == 0 || e.Kind != progress.Log || e.Stage != suiteStage || e.Subject == "" {
		return lines
	}
	h := u.heldOf(e.Subject)
	var now []string
	for _, line := range lines {
		full := h.full
		switch first := h.add(line); {
		case first && u.opts.Folds == nil:
			now = append(now, line)
		case first:
			h.head = append(append(h.head, line...), '\n')
		case u.opts.Folds == nil && !full:
			now = append(now, u.column(e)+"… the last lines are shown when it ends; "+logsOf(e.Subject)+" has all")
		}
	}
	return now
}

func (u *UI) heldOf(subject string) *held {
	if u.held == nil {
		u.held = map[string]*held{}
	}
	h := u.held[subject]
	if h == nil {
		keep := unlimited
		if u.opts.LogLimit > 0 {
			keep = u.opts.LogLimit / 2
		}
		h = newHeld(keep)
		u.held[subject] = h
	}
	return h
}

// logsOf is where all lines of a suite are. A shard's files are below its suite's.
func logsOf(subject string) string {
	suite, _, _ := strings.Cut(subject, " ")
	return ".retort/logs/" + suite
}

// release shows what was held back for e: the lines of the suite that ends, or of
// all that did not come to an end when the stage does.
func (u *UI) release(e progress.Event, now time.Time) {
	switch {
	case e.Stage != suiteStage:
	case e.Kind == progress.StageEnd:
		u.releaseAll()
	case e.Kind == progress.TaskEnd && e.Task == suiteTask && (failed(e) || u.opts.Folds == nil):
		// No fold: a CI shows it closed, and these are the lines one comes for.
		u.showHeld(e.Subject)
	case e.Kind == progress.TaskEnd && e.Task == suiteTask:
		u.foldHeld(e, now)
	}
}

// releaseAll shows what is left, without folds: nobody says that it went well.
func (u *UI) releaseAll() {
	for _, subject := range slices.Sorted(maps.Keys(u.held)) {
		u.showHeld(subject)
	}
}

func (u *UI) foldHeld(e progress.Event, now time.Time) {
	h := u.held[e.Subject]
	if h == nil {
		return
	}
	u.folds++
	begin := now.Add(-e.Elapsed)
	lines := "lines"
	if h.lines == 1 {
		lines = "line"
	}
	f := Fold{
		Name:  foldName(e.Subject, begin, u.folds),
		Title: Inert(u.column(e) + fmt.Sprintf("printed %d %s", h.lines, lines)),
		Begin: begin, End: now,
	}
	u.out.WriteString(u.opts.Folds.Open(f))
	u.showHeld(e.Subject)
	u.out.WriteString(u.opts.Folds.Close(f))
}

// showHeld shows a suite's lines and forgets them.
func (u *UI) showHeld(subject string) {
	h := u.held[subject]
	if h == nil {
		return
	}
	delete(u.held, subject)
	u.erase()
	tail := h.tail.text()
	u.printHeld(string(h.head))
	if left := h.lines - h.first - strings.Count(tail, "\n"); left > 0 {
		about := u.column(progress.Event{Stage: suiteStage, Subject: subject})
		u.print(about + fmt.Sprintf("… %d lines are left out here; %s has them all", left, logsOf(subject)))
	}
	u.printHeld(tail)
}

// printHeld masks once more: a secret may have become known since.
func (u *UI) printHeld(lines string) {
	for line := range strings.Lines(lines) {
		u.print(u.opts.Secrets.Text(strings.TrimSuffix(line, "\n")))
	}
}
