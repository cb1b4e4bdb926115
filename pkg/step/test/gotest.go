package test

import (
	"bytes"
	"encoding/json"
	"io"
	"sync"

	"github.com/retort-ci/retort/pkg/progress"
	"github.com/retort-ci/retort/pkg/report"
)

// goTest takes a stdout that is the output of go test -json: people are shown
// what the tests printed, and a report is made of the events, while they come.
type goTest struct {
	shown io.Writer
	pipe  *io.PipeWriter
	lines *progress.Lines

	once sync.Once
	done chan struct{} // closed when read and err are set
	read report.Report
	err  error
}

// newGoTest shows the text of the events on shown.
func newGoTest(shown io.Writer) *goTest {
	r, w := io.Pipe()
	g := &goTest{shown: shown, pipe: w, done: make(chan struct{})}
	g.lines = progress.NewLines(progress.Func(g.line), progress.Event{})
	go func() {
		defer close(g.done)
		g.err = protected(func() (err error) {
			g.read, err = report.FromGoTest(r)
			return err
		})()
		_, _ = io.Copy(io.Discard, r) // what comes after an output that is too large
	}()
	return g
}

// Write never fails: the report is not the container's concern.
func (g *goTest) Write(p []byte) (int, error) {
	_, _ = g.pipe.Write(p)
	return g.lines.Write(p)
}

// line shows the text of an event; of any other line, all of it
// (go doc test2json).
func (g *goTest) line(e progress.Event) {
	var event struct {
		Action string
		Output string
	}
	if !bytes.HasPrefix([]byte(e.Text), []byte("{")) || json.Unmarshal([]byte(e.Text), &event) != nil || event.Action == "" {
		event.Output = e.Text + "\n"
	}
	_, _ = io.WriteString(g.shown, event.Output)
}

// report ends the output and gives what it said.
func (g *goTest) report() (report.Report, error) {
	g.once.Do(func() {
		_ = g.lines.Close()
		_ = g.pipe.Close()
	})
	<-g.done
	return g.read, g.err
}
