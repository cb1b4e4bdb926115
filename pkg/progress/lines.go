package progress

import (
	"bytes"
	"sync"
)

// maxLine bounds what a line without an end may hold in memory.
const maxLine = 64 << 10

// Lines is an io.Writer that emits each line written to it as one event, made
// from Template with Text set. Close emits an unfinished last line.
type Lines struct {
	sink     Sink
	template Event
	mu       sync.Mutex
	rest     []byte
}

// NewLines gives a writer that emits template for each line.
func NewLines(sink Sink, template Event) *Lines {
	return &Lines{sink: Or(sink), template: template}
}

// Write never fails. A line longer than 64 KiB is emitted in pieces of that size.
func (l *Lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := len(p)
	for {
		head, tail, found := bytes.Cut(p, []byte{'\n'})
		l.add(head)
		if !found {
			return n, nil
		}
		l.emit()
		p = tail
	}
}

// add keeps a piece of the line, and emits what is more than may be kept.
func (l *Lines) add(piece []byte) {
	for len(l.rest)+len(piece) > maxLine {
		room := maxLine - len(l.rest)
		l.rest = append(l.rest, piece[:room]...)
		piece = piece[room:]
		l.emit()
	}
	l.rest = append(l.rest, piece...)
}

// Close emits what stands behind the last newline.
func (l *Lines) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.rest) > 0 {
		l.emit()
	}
	return nil
}

func (l *Lines) emit() {
	e := l.template
	e.Text = string(bytes.TrimSuffix(l.rest, []byte{'\r'}))
	l.rest = l.rest[:0]
	l.sink.Emit(e)
}
