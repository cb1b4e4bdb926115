package buildkit

import (
	"errors"
	"strings"
	"time"

	"github.com/moby/buildkit/client"
	digest "github.com/opencontainers/go-digest"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/progress"
)

// tailLines is how much of a failed instruction's output an error keeps.
const tailLines = 20

// watch turns BuildKit's status stream into progress events. A vertex is one
// node of the build graph: an instruction, or something internal. BuildKit
// repeats a vertex with more of its fields set each time; each change is told
// once. It is used by one goroutine at a time.
type watch struct {
	sink     progress.Sink
	subject  string
	vertices map[digest.Digest]*vertex
}

type vertex struct {
	digest      digest.Digest
	name        string
	begun, done bool
	ended       time.Time
	cached      bool
	message     string // why it failed, empty when it did not
	lines       *progress.Lines
	tail        []string
}

func newWatch(spec engine.BuildSpec) *watch {
	return &watch{sink: sink(spec), subject: spec.Subject, vertices: map[digest.Digest]*vertex{}}
}

func (w *watch) update(s *client.SolveStatus) {
	for _, v := range s.Vertexes {
		w.vertex(v)
	}
	for _, l := range s.Logs {
		_, _ = w.at(l.Vertex).lines.Write(l.Data)
	}
	for _, st := range s.Statuses {
		w.bytes(st)
	}
	for _, warning := range s.Warnings {
		w.sink.Emit(progress.Event{Kind: progress.Warning, Stage: "build", Subject: w.subject, Text: string(warning.Short)})
	}
}

// close emits the unfinished last lines.
func (w *watch) close() {
	for _, v := range w.vertices {
		_ = v.lines.Close()
	}
}

func (w *watch) at(d digest.Digest) *vertex {
	if v, ok := w.vertices[d]; ok {
		return v
	}
	v := &vertex{digest: d}
	// Every line goes to the listener and into the tail an error may need.
	v.lines = progress.NewLines(progress.Func(func(e progress.Event) {
		e.Task = v.name
		v.tail = append(v.tail[max(0, len(v.tail)-tailLines+1):], e.Text)
		w.sink.Emit(e)
	}), progress.Event{Kind: progress.Log, Stage: "build", Subject: w.subject})
	w.vertices[d] = v
	return v
}

func (w *watch) vertex(in *client.Vertex) {
	v := w.at(in.Digest)
	v.name = in.Name
	event := progress.Event{Stage: "build", Subject: w.subject, Task: in.Name}
	if v.done && in.Started != nil && in.Completed == nil {
		v.begun, v.done = false, false // looking for it in the cache had an end as well; now it runs
	}
	if in.Started != nil && !v.begun {
		v.begun = true
		event.Kind = progress.TaskBegin
		w.sink.Emit(event)
	}
	if in.Completed == nil || v.done {
		return
	}
	_ = v.lines.Close() // an unfinished line stands before the end
	v.done, v.cached, v.ended, v.message = true, in.Cached, *in.Completed, in.Error
	event.Kind, event.Status = progress.TaskEnd, progress.Done
	if in.Started != nil {
		event.Elapsed = in.Completed.Sub(*in.Started)
	}
	switch {
	case v.message != "":
		event.Status, event.Err = progress.Failed, errors.New(in.Error)
	case v.cached:
		event.Status = progress.Cached
	}
	w.sink.Emit(event)
}

// bytes tells transfers: layers of a base, files of the context.
func (w *watch) bytes(s *client.VertexStatus) {
	if (s.Current == 0 && s.Total == 0) || w.at(s.Vertex).done {
		return // nothing to tell, or told after the end
	}
	w.sink.Emit(progress.Event{
		Kind: progress.Bytes, Stage: "build", Subject: w.subject, Task: w.at(s.Vertex).name,
		Text: s.ID, Current: s.Current, Total: s.Total, Elapsed: elapsed(s),
	})
}

func elapsed(s *client.VertexStatus) time.Duration {
	if s.Started == nil {
		return 0
	}
	return s.Timestamp.Sub(*s.Started)
}

// counts gives the Dockerfile's own vertices and how many were cached. A daemon
// also tells of what another build does at the same time, if it is the same as
// something of this one: that is not among the vertices which ours are told to be.
func (w *watch) counts(ours func(digest.Digest) bool) (steps, cached int) {
	for _, v := range w.vertices {
		if !v.done || internal(v.name) || !ours(v.digest) {
			continue
		}
		steps++
		if v.cached {
			cached++
		}
	}
	return steps, cached
}

// internal tells BuildKit's own work from the Dockerfile's instructions.
func internal(name string) bool {
	return strings.HasPrefix(name, "[internal]") || !strings.HasPrefix(name, "[")
}

// failure is the vertex that failed, or nil. Those that run beside it are ended
// by its failure and count as failed, too: the first one is the cause.
func (w *watch) failure() *vertex {
	var first *vertex
	for _, v := range w.vertices {
		if v.message != "" && (first == nil || v.ended.Before(first.ended)) {
			first = v
		}
	}
	return first
}
