package report

import (
	"bytes"
	"fmt"
	"strings"
)

// Bounds of the output that is kept of go test, in bytes.
const (
	keepEach = 64 << 10 // of one test
	keepLess = 256      // of one test when there is no more room
	keepAll  = 64 << 20
)

// room counts what is kept of all tests together.
type room struct{ used int }

// each is how much may be kept of one test.
func (r *room) each() int {
	if r.used < keepAll {
		return keepEach
	}
	return keepLess
}

// tail keeps the end of what is written to it: that is where a failure stands.
type tail struct {
	buf  []byte
	lost int
}

// write adds output. To copy seldom, up to twice as much is kept as there should
// be.
func (t *tail) write(s string, room *room) {
	t.buf = append(t.buf, s...)
	room.used += len(s)
	keep := room.each()
	if len(t.buf) <= 2*keep {
		return
	}
	cut := len(t.buf) - keep
	if end := bytes.IndexByte(t.buf[cut:], '\n'); end >= 0 && end < keep/2 {
		cut += end + 1
	}
	t.buf = append(t.buf[:0:0], t.buf[cut:]...)
	t.lost += cut
	room.used -= cut
}

// lines gives what was kept, and says so if something was not.
func (t *tail) lines() []string {
	if len(t.buf) == 0 {
		return nil
	}
	out := strings.Split(strings.TrimSuffix(strings.ToValidUTF8(string(t.buf), ""), "\n"), "\n")
	if t.lost > 0 {
		out = append([]string{fmt.Sprintf("[%d bytes of output before this are left out]", t.lost)}, out...)
	}
	return out
}
