package progress

import (
	"io"
	"time"
)

// byteInterval keeps a transfer from telling more than a listener can show.
const byteInterval = 200 * time.Millisecond

// Reader counts what is read through it and emits Bytes events, a few a second
// and one at the end.
type Reader struct {
	r     io.Reader
	sink  Sink
	event Event
	begun time.Time
	last  time.Time
}

// NewReader wraps r; event is the template of what is emitted.
func NewReader(r io.Reader, sink Sink, event Event) *Reader {
	event.Kind = Bytes
	now := time.Now()
	return &Reader{r: r, sink: Or(sink), event: event, begun: now, last: now}
}

// Read reads from the wrapped reader.
func (r *Reader) Read(p []byte) (int, error) {
	n, err := r.r.Read(p)
	r.event.Current += int64(n)
	if now := time.Now(); err != nil || now.Sub(r.last) >= byteInterval {
		r.last = now
		r.event.Elapsed = now.Sub(r.begun)
		r.sink.Emit(r.event)
	}
	return n, err
}
