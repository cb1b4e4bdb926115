package ui

import (
	"fmt"
	"hash/fnv"
	"strings"
	"time"
)

// Folds are the marks by which a CI folds a part of a log. A fold is closed
// until a reader opens it, unless it says otherwise.
type Folds interface {
	// Open is the line above the fold, and Close what stands behind its last line.
	Open(Fold) string
	Close(Fold) string
}

// Fold is what is folded.
type Fold struct {
	Name       string    // letters, digits, "_" and "-"; no other fold of the job has it
	Title      string    // one line
	Begin, End time.Time // of what its lines come from
	// Stage: its lines come one by one while it is open, and how it ends is not
	// known when it begins.
	Stage  bool
	Failed bool
}

var (
	_ Folds = GitHub{}
	_ Folds = GitLab{}
	_ Folds = Travis{}
)

// GitHub are the groups of GitHub Actions, which Gitea and Forgejo know too.
type GitHub struct{}

// Open is the command of a group. What follows the command is data, in which a
// percent sign begins an escape.
func (GitHub) Open(f Fold) string {
	return "::group::" + strings.ReplaceAll(f.Title, "%", "%25") + "\n"
}

// Close ends the group; they do not nest, so it needs no name.
func (GitHub) Close(Fold) string { return "::endgroup::\n" }

// clearLine erases a mark wherever the log is read as it is.
const clearLine = "\r\x1b[0K"

// GitLab are the collapsible sections of GitLab CI. It shows their time.
type GitLab struct{}

// Open begins a section. That of a stage is not collapsed: readers follow it.
func (GitLab) Open(f Fold) string {
	collapsed := "[collapsed=true]"
	if f.Stage {
		collapsed = ""
	}
	return fmt.Sprintf("\x1b[0Ksection_start:%d:%s%s%s%s\n", f.Begin.Unix(), f.Name, collapsed, clearLine, f.Title)
}

// Close ends the section.
func (GitLab) Close(f Fold) string {
	return fmt.Sprintf("\x1b[0Ksection_end:%d:%s%s\n", f.End.Unix(), f.Name, clearLine)
}

// Travis are the folds of Travis CI, each with a timer.
type Travis struct{}

// Open begins a fold.
func (Travis) Open(f Fold) string {
	return "travis_fold:start:" + f.Name + clearLine + "travis_time:start:" + f.timer() + clearLine + f.Title + "\n"
}

// Close ends the fold. The next line stands right behind the mark, as in
// Travis's own: with a newline between them, Travis shows an empty line. A fold
// that has no end is none, which leaves what failed open to the eye.
func (Travis) Close(f Fold) string {
	mark := fmt.Sprintf("travis_time:end:%s:start=%d,finish=%d,duration=%d%s",
		f.timer(), f.Begin.UnixNano(), f.End.UnixNano(), f.End.Sub(f.Begin).Nanoseconds(), clearLine)
	if f.Failed {
		return mark
	}
	return mark + "travis_fold:end:" + f.Name + clearLine
}

// timer is the fold's name in the eight hexadecimal digits that Travis's own
// timers have.
func (f Fold) timer() string {
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(f.Name))
	return fmt.Sprintf("%08x", sum.Sum32())
}

// foldName is a name that all of them allow. The time keeps it apart from those
// that another retort of the same job writes, and n from the others of this one.
func foldName(subject string, begin time.Time, n int) string {
	allowed := func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' {
			return r
		}
		return '-'
	}
	return fmt.Sprintf("retort-%s-%d-%d", strings.Map(allowed, subject), begin.Unix(), n)
}
