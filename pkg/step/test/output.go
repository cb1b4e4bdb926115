package test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"

	"github.com/retort-ci/retort/pkg/mask"
	"github.com/retort-ci/retort/pkg/progress"
)

// maxLog is how much of a container's output is kept, in bytes: one that prints
// without end must not fill this machine either.
const maxLog = 1 << 30

// tailLines is how many last lines of a container an outcome keeps.
const tailLines = 20

// output takes what one container prints.
type output struct {
	stdout, stderr io.Writer
	tail           *tail
	gotest         *goTest // nil when stdout is just text
	masks          []*mask.Writer
	lines          []*progress.Lines
	file           *os.File
}

// newOutput opens the log file of a container. shown output, which is that of
// the suite's own container, is told as it comes.
func (sc *scope) newOutput(service string, shown bool) (*output, error) {
	o := &output{tail: &tail{}}
	var file io.Writer = io.Discard
	if sc.opts.Logs != "" {
		f, err := createLog(sc.logDir(), service)
		if err != nil {
			return nil, noRoom(fmt.Errorf("keep logs: %w", err), sc.opts.Logs)
		}
		o.file, file = f, &capped{w: f, left: maxLog, full: func() {
			sc.warn("the log of %s is cut off after %d MiB", service, maxLog>>20)
		}, broken: func(err error) {
			if !shown { // who waits for the suite's own container is told
				sc.warn("the log of %s breaks off: %v", service, err)
			}
		}}
	}
	told := progress.Discard
	if shown {
		told = sc.sink
	}
	event := progress.Event{Kind: progress.Log, Stage: "test", Subject: sc.part.title()}
	o.stdout = o.stream(file, told, event)
	event.Stderr = true
	o.stderr = o.stream(file, told, event)
	if shown && sc.part.GoTest {
		o.gotest = newGoTest(o.lines[0])
		o.stdout = io.MultiWriter(file, o.gotest)
	}
	o.stdout, o.stderr = o.masked(o.stdout, sc.opts.Secrets), o.masked(o.stderr, sc.opts.Secrets)

	sc.mu.Lock()
	defer sc.mu.Unlock()
	sc.outputs = append(sc.outputs, o)
	return o, nil
}

// logDir is where the logs of this attempt go: those of a rerun do not take the
// place of what explains why it was needed.
func (sc *scope) logDir() string {
	dir := filepath.Join(sc.opts.Logs, filepath.FromSlash(sc.part.dir()))
	if sc.attempt > 0 {
		dir = filepath.Join(dir, "rerun-"+strconv.Itoa(sc.attempt))
	}
	return dir
}

func createLog(dir, service string) (*os.File, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	return os.Create(filepath.Join(dir, service+".log"))
}

// stream splits one of the two streams into lines for listener and tail; the
// file gets the bytes as they are.
func (o *output) stream(file io.Writer, told progress.Sink, event progress.Event) io.Writer {
	l := progress.NewLines(progress.Tee(o.tail, told), event)
	o.lines = append(o.lines, l)
	return io.MultiWriter(file, l)
}

// masked is w without the secrets.
func (o *output) masked(w io.Writer, secrets *mask.Set) io.Writer {
	if secrets == nil {
		return w
	}
	m := mask.NewWriter(w, secrets)
	o.masks = append(o.masks, m)
	return m
}

// lastLines ends what is a line only half, and gives the end of the output.
func (o *output) lastLines() []string {
	_ = o.flush()
	return o.tail.lines()
}

// flush passes on what was held back for its other half.
func (o *output) flush() error {
	var errs []error
	for _, m := range o.masks {
		errs = append(errs, m.Flush())
	}
	if o.gotest != nil {
		errs = append(errs, o.gotest.lines.Close())
	}
	for _, l := range o.lines {
		errs = append(errs, l.Close())
	}
	return errors.Join(errs...)
}

func (o *output) close() error {
	errs := []error{o.flush()}
	if o.gotest != nil {
		_, _ = o.gotest.report() // its reader has ended
	}
	if o.file != nil {
		errs = append(errs, o.file.Close())
	}
	return errors.Join(errs...)
}

// tail is a Sink that keeps the last lines.
type tail struct {
	mu   sync.Mutex
	last []string
}

// Emit keeps the event's line.
func (t *tail) Emit(e progress.Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last = append(t.last[max(0, len(t.last)-tailLines+1):], e.Text)
}

func (t *tail) lines() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.last)
}
