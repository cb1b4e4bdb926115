// Package ui shows people what a run does: progress events become lines on
// standard error. The lines are the same wherever they go. A terminal gets one
// live area below them, a CI that folds gets a suite's lines in one piece, and
// nothing is ever asked.
package ui

import (
	"bytes"
	"io"
	"sync"
	"time"

	"github.com/retort-ci/retort/pkg/mask"
	"github.com/retort-ci/retort/pkg/progress"
)

// Mode is how much is shown, and how.
type Mode int

// The modes. TTY becomes Plain where the terminal does not tell its width.
const (
	Plain Mode = iota // lines
	TTY               // lines, and below them what runs now
	Quiet             // warnings and failures alone
)

// Options are the choices of New. The zero value is useful.
type Options struct {
	// Size gives the terminal's columns and rows, each time something is drawn.
	// Needed by TTY alone.
	Size func() (columns, rows int)
	// Color uses bold, red and the like.
	Color bool
	// Secrets are masked in everything shown. More may be added later.
	Secrets *mask.Set
	// Subjects is the width of the column of services and suites; 12 when 0.
	Subjects int
	// Folds are the CI's, if it has any. What a suite prints is then held back
	// until it has ended, and stands in one fold if it passed. Plain alone.
	Folds Folds
	// LogLimit is how many bytes of what a suite prints are shown: half of them
	// of its first lines, half of its last. 0 is no limit; where the CI folds,
	// memory sets one. Log files have everything.
	LogLimit int
}

// UI renders events. It is safe for concurrent use.
type UI struct {
	mode Mode
	opts Options

	mu      sync.Mutex
	w       io.Writer
	out     bytes.Buffer     // what one event shows is one write
	err     error            // the first of w
	board   board            // what runs
	ended   map[task]bool    // instructions that had their line
	held    map[string]*held // by suite, where not all is shown at once
	folds   int              // that were written
	stage   *Fold            // that is open
	behind  []string         // lines that come when it is closed
	printed time.Time        // when a line was last shown
	drawn   int              // lines of the live area on the screen
	timer   *time.Timer      // of the heartbeat or the live area
	closed  bool
}

var _ progress.Sink = (*UI)(nil)

// New gives a UI that writes to w. Close it before anything else is written
// to the same terminal.
func New(w io.Writer, mode Mode, opts Options) *UI {
	if mode == TTY {
		if columns, _ := size(opts.Size); columns == 0 {
			mode = Plain
		}
	}
	if mode != Plain {
		opts.Folds = nil // on a terminal lines come as they are printed
	}
	if opts.Subjects == 0 {
		opts.Subjects = 12
	}
	u := &UI{mode: mode, opts: opts, w: w, printed: time.Now(), ended: map[task]bool{}}
	u.mu.Lock() // the timer may fire before New has kept it
	defer u.mu.Unlock()
	u.timer = time.AfterFunc(u.interval(), u.tick)
	return u
}

// Emit shows e.
func (u *UI) Emit(e progress.Event) {
	e = u.legible(e)
	u.mu.Lock()
	defer u.mu.Unlock()
	now := time.Now()
	u.board.follow(e, now)
	lines := u.hold(e, u.lines(e, now))
	u.release(e, now)
	lines = u.foldStage(e, lines, now)
	if len(lines) == 0 && u.out.Len() == 0 {
		return // without touching printed: the heartbeat is for those who see nothing
	}
	u.erase()
	for _, line := range lines {
		u.print(line)
	}
	u.printed = now
	u.draw(now)
	u.flush()
}

// Close takes the live area away and ends the heartbeat. It gives the first
// error that writing met. An event that comes later is still shown as a line.
func (u *UI) Close() error {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.closed = true
	u.timer.Stop()
	u.erase()
	u.releaseAll()
	u.closeStage(time.Now(), true)
	u.flush()
	return u.err
}

// print puts a line out. All that is not a mark of our own goes this way.
func (u *UI) print(line string) {
	u.out.WriteString(Inert(line))
	u.out.WriteByte('\n')
}

func (u *UI) flush() {
	if u.out.Len() == 0 {
		return
	}
	if _, err := u.w.Write(u.out.Bytes()); err != nil && u.err == nil {
		u.err = err // the run goes on without a listener
	}
	u.out.Reset()
}
