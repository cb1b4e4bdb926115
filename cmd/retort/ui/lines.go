package ui

import (
	"fmt"
	"strings"
	"time"

	"github.com/retort-ci/retort/pkg/progress"
)

// Widths of the columns. A longer stage or subject moves its line to the right.
const (
	stageWidth = 8
	taskWidth  = 60
	endWidth   = 12
)

// bytesEvery is how often a transfer gets a line: a short one gets none.
const bytesEvery = 5 * time.Second

// lines gives the lines that show e.
func (u *UI) lines(e progress.Event, now time.Time) []string {
	if u.mode == Quiet && e.Kind != progress.Warning && (e.Kind != progress.TaskEnd || e.Status != progress.Failed) {
		return nil
	}
	switch e.Kind {
	case progress.StageBegin:
		return []string{u.bold("==> " + e.Stage)}
	case progress.StageEnd:
		return []string{u.stageEnd(e)}
	case progress.TaskEnd:
		return u.taskEnd(e)
	case progress.Bytes:
		return u.bytes(e, now)
	case progress.Log:
		return u.log(e)
	case progress.Note:
		return u.under(e, "", e.Text)
	case progress.Warning:
		return u.warning(e)
	case progress.TaskBegin:
	}
	return nil // a task gets its line when it ends, or when it prints something
}

func (u *UI) stageEnd(e progress.Event) string {
	if e.Err != nil {
		return u.bold("==> "+e.Stage) + " " + u.red("failed") + " after " + span(e.Elapsed)
	}
	return u.bold("==> "+e.Stage) + " done in " + span(e.Elapsed)
}

// taskEnd tells what a task gave, how it ended and how long it took.
func (u *UI) taskEnd(e progress.Event) []string {
	if !failed(e) && (minor(e) || u.again(e)) {
		return nil
	}
	name := e.Task
	if !failed(e) {
		name = cut(oneLine(name), taskWidth)
	}
	if e.Text != "" {
		name += " " + oneLine(e.Text)
	}
	end := span(e.Elapsed)
	switch {
	case failed(e):
		end = u.red("failed") + " " + end
	case e.Status != progress.Done && e.Status != "":
		end = string(e.Status)
	}
	end = strings.Repeat(" ", max(0, endWidth-visible(end))) + end
	lines := []string{u.column(e) + pad(oneLine(name), taskWidth) + " " + end}
	if e.Err != nil {
		lines = append(lines, u.under(e, "", "error: "+strings.ReplaceAll(e.Err.Error(), "\n", "\n       "))...)
	}
	return lines
}

// again is true for an instruction that has ended before and took no time since.
// BuildKit ends a FROM with each part of its work: resolved, pulled, unpacked.
func (u *UI) again(e progress.Event) bool {
	if e.Stage != "build" {
		return false
	}
	key := task{e.Stage, e.Subject, e.Task}
	before := u.ended[key]
	u.ended[key] = true
	return before && e.Elapsed < time.Second
}

func failed(e progress.Event) bool { return e.Status == progress.Failed || e.Err != nil }

// minor is BuildKit's own housekeeping and a registry client's single requests,
// which are about no service, unless it took a person's time.
func minor(e progress.Event) bool {
	return e.Elapsed < time.Second && (strings.HasPrefix(e.Task, "[internal]") || e.Subject == "")
}

// bytes gives a line every few seconds of a transfer.
func (u *UI) bytes(e progress.Event, now time.Time) []string {
	r := u.board.tasks[task{e.Stage, e.Subject, e.Task}]
	if u.mode == TTY || now.Sub(r.told) < bytesEvery {
		return nil // the live area shows it
	}
	r.told = now
	return []string{u.column(e) + pad(cut(oneLine(e.Task), taskWidth), taskWidth) + " " + moved(r, now)}
}

// moved is how far a transfer is: "12.0 MB of 80.0 MB, 4.0 MB/s".
func moved(r *running, now time.Time) string {
	current, total := r.bytes()
	text := bytesOf(current)
	if total > 0 {
		text += " of " + bytesOf(total)
	}
	if took := now.Sub(r.since).Seconds(); took >= 0.1 {
		text += fmt.Sprintf(", %s/s", bytesOf(int64(float64(current)/took)))
	}
	return text
}

// log gives the lines that a container or a build printed. The first of a task
// stands below the task's name.
func (u *UI) log(e progress.Event) []string {
	var lines []string
	if r := u.board.tasks[task{e.Stage, e.Subject, e.Task}]; r != nil && e.Task != "" && !r.headed {
		r.headed = true
		lines = append(lines, u.column(e)+oneLine(e.Task))
	}
	return append(lines, u.under(e, "| ", e.Text)...)
}

func (u *UI) warning(e progress.Event) []string {
	about := strings.TrimSpace(e.Stage + " " + e.Subject)
	if about != "" {
		about += ": "
	}
	lines := strings.Split(e.Text, "\n")
	lines[0] = u.yellow("warning: ") + about + lines[0]
	for i := 1; i < len(lines); i++ {
		lines[i] = "         " + lines[i]
	}
	return lines
}

// under puts each line of text below the subject, behind mark.
func (u *UI) under(e progress.Event, mark, text string) []string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(u.column(e)+mark+line, " ")
	}
	return lines
}

// column is the stage and the subject that a line is about.
func (u *UI) column(e progress.Event) string {
	return pad(e.Stage, stageWidth) + " " + pad(e.Subject, u.opts.Subjects) + " "
}

func oneLine(text string) string { return strings.ReplaceAll(text, "\n", " ") }
