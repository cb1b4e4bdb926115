package ui

import (
	"cmp"
	"slices"
	"time"

	"github.com/retort-ci/retort/pkg/progress"
)

// task names a piece of work.
type task struct{ stage, subject, name string }

// running is one that has begun and not ended.
type running struct {
	task
	since     time.Time
	heard     time.Time // of its last event
	told      time.Time // when a line about its bytes was last shown
	unbegun   bool      // nobody said that it began: its bytes came, and no one may say that it ends
	headed    bool      // its name stands above what it printed
	transfers map[string]transfer
}

type transfer struct{ current, total int64 }

// board knows what runs.
type board struct {
	tasks  map[task]*running
	stages []running // those that have begun and not ended, oldest first
}

// follow keeps the board true to e.
func (b *board) follow(e progress.Event, now time.Time) {
	if b.tasks == nil {
		b.tasks = map[task]*running{}
	}
	id := task{e.Stage, e.Subject, e.Task}
	switch e.Kind {
	case progress.StageBegin:
		b.stages = append(b.stages, running{task: task{stage: e.Stage}, since: now})
	case progress.StageEnd:
		b.endStage(e.Stage)
	case progress.TaskBegin:
		b.tasks[id] = &running{task: id, since: now, heard: now, told: now}
	case progress.TaskEnd:
		delete(b.tasks, id)
	case progress.Bytes:
		b.transfer(id, e, now)
	case progress.Log, progress.Note, progress.Warning:
		if r := b.tasks[id]; r != nil {
			r.heard = now
		}
	}
}

// endStage forgets the stage and what it left unfinished when it was called off.
func (b *board) endStage(stage string) {
	b.stages = slices.DeleteFunc(b.stages, func(r running) bool { return r.stage == stage })
	for id := range b.tasks {
		if id.stage == stage {
			delete(b.tasks, id)
		}
	}
}

func (b *board) transfer(id task, e progress.Event, now time.Time) {
	r := b.tasks[id]
	if r == nil {
		r = &running{task: id, since: now, told: now, unbegun: true}
		b.tasks[id] = r
	}
	if r.transfers == nil {
		r.transfers = map[string]transfer{}
	}
	r.heard = now
	r.transfers[e.Text] = transfer{e.Current, e.Total}
}

// bytes gives what the task's transfers have moved, and all that they will as
// far as is known.
func (r *running) bytes() (current, total int64) {
	known := true
	for _, t := range r.transfers {
		current += t.current
		total += t.total
		known = known && t.total > 0
	}
	if !known {
		total = 0
	}
	return current, total
}

// lapse is when a transfer that nobody began counts as over.
const lapse = 3 * time.Second

// now lists what runs, oldest first: tasks, or the stages where there is none.
func (b *board) now(now time.Time) []*running {
	var list []*running
	for _, r := range b.tasks {
		if !r.unbegun || now.Sub(r.heard) < lapse {
			list = append(list, r)
		}
	}
	slices.SortFunc(list, func(a, b *running) int {
		return cmp.Or(a.since.Compare(b.since), cmp.Compare(a.subject, b.subject), cmp.Compare(a.name, b.name))
	})
	if len(list) == 0 {
		for i := range b.stages {
			list = append(list, &b.stages[i])
		}
	}
	return list
}
