// Package progress carries what a running step has to tell: which work began
// and ended, how many bytes moved, what a container printed. Steps emit events,
// a Sink renders or discards them; the library itself never prints.
package progress

import "time"

// Kind says what an Event tells.
type Kind int

// The kinds of events.
const (
	StageBegin Kind = iota + 1 // a stage of the pipeline began (Stage)
	StageEnd                   // it ended (Stage, Err, Elapsed)
	TaskBegin                  // a piece of work within a stage began (Stage, Subject, Task)
	TaskEnd                    // it ended (as TaskBegin, and Status, Err, Elapsed)
	Bytes                      // a transfer moved on (as TaskBegin, and Current, Total)
	Log                        // a line of output (Stage, Subject, Task, Text)
	Note                       // something worth a line (Stage, Subject, Text)
	Warning                    // something the user should know (Stage, Subject, Text)
)

// Status says how a task ended.
type Status string

// The ways in which a task ends.
const (
	Done    Status = "done"
	Cached  Status = "cached"  // nothing had to be done, an earlier result stands
	Skipped Status = "skipped" // the other side has it already
	Mounted Status = "mounted" // the registry took the blob from another repository
	Failed  Status = "failed"
)

// Event is one thing that happened. Fields a kind does not use are zero.
type Event struct {
	Kind    Kind
	Stage   string // build, test, push, promote, …
	Subject string // service, suite or reference the event is about
	Task    string // the piece of work: a Dockerfile instruction, a blob, a health check
	Status  Status
	Text    string // one line, without its newline
	Stderr  bool   // for Log: the line came from standard error
	Current int64  // bytes moved so far
	Total   int64  // bytes in all, 0 when unknown
	Elapsed time.Duration
	Err     error
}

// Sink takes events. Implementations are safe for concurrent use.
type Sink interface {
	Emit(Event)
}

// Func makes a Sink of a function.
type Func func(Event)

// Emit calls f.
func (f Func) Emit(e Event) { f(e) }

// Discard is the Sink of those who do not listen.
var Discard Sink = Func(func(Event) {})

// Or gives sink, or Discard when sink is nil, so that a zero Options works.
func Or(sink Sink) Sink {
	if sink == nil {
		return Discard
	}
	return sink
}

// Tee sends every event to all sinks, in order.
func Tee(sinks ...Sink) Sink {
	return Func(func(e Event) {
		for _, s := range sinks {
			s.Emit(e)
		}
	})
}
