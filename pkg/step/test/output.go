package test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/retort-ci/retort/pkg/progress"
)

// tailLines is how many last lines of a container an outcome keeps.
const tailLines = 20

// output takes what one container prints.
type output struct {
	stdout, stderr io.Writer
	tail           *tail
	lines          []*progress.Lines
	file           *os.File
}

// newOutput opens the log file of a container. shown output is told as it comes.
func (sc *scope) newOutput(name string, shown bool) (*output, error) {
	o := &output{tail: &tail{}}
	var file io.Writer = io.Discard
	if sc.opts.Logs != "" {
		dir := filepath.Join(sc.opts.Logs, sc.suite)
		if err := os.MkdirAll(dir, 0o777); err != nil {
			return nil, fmt.Errorf("keep logs: %w", err)
		}
		f, err := os.Create(filepath.Join(dir, name+".log"))
		if err != nil {
			return nil, fmt.Errorf("keep logs: %w", err)
		}
		o.file, file = f, f
	}
	told := progress.Discard
	if shown {
		told = sc.sink
	}
	event := progress.Event{Kind: progress.Log, Stage: "test", Subject: sc.suite}
	o.stdout = o.stream(file, told, event)
	event.Stderr = true
	o.stderr = o.stream(file, told, event)

	sc.mu.Lock()
	defer sc.mu.Unlock()
	sc.logs = append(sc.logs, o)
	return o, nil
}

// stream splits one of the two streams into lines for listener and tail; the
// file gets the bytes as they are.
func (o *output) stream(file io.Writer, told progress.Sink, event progress.Event) io.Writer {
	l := progress.NewLines(progress.Tee(o.tail, told), event)
	o.lines = append(o.lines, l)
	return io.MultiWriter(file, l)
}

func (o *output) close() error {
	var errs []error
	for _, l := range o.lines {
		errs = append(errs, l.Close())
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
