package ui

import (
	"time"

	"github.com/retort-ci/retort/pkg/progress"
)

// foldStage puts the lines of a stage into a fold, and gives those that are to
// be printed. The stage of the suites has none: each of them has its own, and
// GitHub's and Travis's do not nest. A warning comes behind the fold, for most
// readers leave it closed.
func (u *UI) foldStage(e progress.Event, lines []string, now time.Time) []string {
	if u.opts.Folds == nil || u.closed {
		return lines
	}
	switch {
	case e.Kind == progress.StageBegin && u.stage == nil && e.Stage != suiteStage:
		u.folds++
		u.stage = &Fold{Name: foldName(e.Stage, now, u.folds), Title: Inert("==> " + e.Stage), Begin: now, Stage: true}
		u.out.WriteString(u.opts.Folds.Open(*u.stage))
		return nil
	case e.Kind == progress.StageEnd:
		u.closeStage(now, e.Err != nil)
	case e.Kind == progress.Warning && u.stage != nil:
		u.behind = append(u.behind, lines...)
		return nil
	}
	return lines
}

// closeStage ends the fold, if one is open.
func (u *UI) closeStage(now time.Time, failed bool) {
	if u.stage == nil {
		return
	}
	u.stage.End, u.stage.Failed = now, failed
	u.out.WriteString(u.opts.Folds.Close(*u.stage))
	for _, line := range u.behind {
		u.print(line)
	}
	u.stage, u.behind = nil, nil
}
