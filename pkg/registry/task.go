package registry

import (
	"sync"
	"time"

	"github.com/retort-ci/retort/pkg/progress"
)

// tick is how often a transfer tells how far it is.
const tick = 100 * time.Millisecond

// task is a transfer that tells its progress: begin, bytes now and then, what
// became of each blob, end.
type task struct {
	sink  progress.Sink
	event progress.Event // stage, subject and task of every event
	began time.Time

	mu      sync.Mutex
	current int64
	total   int64
	told    time.Time
	ended   bool
}

func (c *Client) begin(doing string) *task {
	t := &task{
		sink:  c.sink,
		event: progress.Event{Stage: c.stage, Subject: c.subject, Task: doing},
		began: time.Now(),
	}
	t.emit(progress.Event{Kind: progress.TaskBegin})
	return t
}

// expect sets the bytes in all, as far as they are known.
func (t *task) expect(total int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.total = total
}

// moved adds n bytes. It may be called after end, by a request that the
// registry answered before it had been read to its end.
func (t *task) moved(n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.current += int64(n)
	if t.ended || time.Since(t.told) < tick {
		return
	}
	t.told = time.Now()
	t.emit(progress.Event{Kind: progress.Bytes, Current: t.current, Total: t.total})
}

// blob tells what became of one blob.
func (t *task) blob(digest string, status progress.Status) {
	e := t.event
	e.Kind, e.Task, e.Status = progress.TaskEnd, t.event.Task+": "+short(digest), status
	t.sink.Emit(e)
}

// end tells the outcome: Failed when err is set, else the status.
func (t *task) end(status progress.Status, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ended = true
	if err != nil {
		status = progress.Failed
	}
	if t.current > 0 {
		t.emit(progress.Event{Kind: progress.Bytes, Current: t.current, Total: t.total})
	}
	t.emit(progress.Event{Kind: progress.TaskEnd, Status: status, Err: err, Elapsed: time.Since(t.began)})
}

func (t *task) emit(e progress.Event) {
	e.Stage, e.Subject, e.Task = t.event.Stage, t.event.Subject, t.event.Task
	t.sink.Emit(e)
}

// short gives a digest as people compare it.
func short(digest string) string {
	const shown = len("sha256:") + 12
	if len(digest) <= shown {
		return digest
	}
	return digest[:shown]
}
