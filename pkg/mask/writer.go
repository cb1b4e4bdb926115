package mask

import (
	"bytes"
	"io"
	"sync"
)

// Writer masks what passes through it. It holds back the shortest end of what
// was written that may turn out to be the beginning of a secret. It is safe for
// concurrent use; a secret that two goroutines write by halves is not found.
type Writer struct {
	w    io.Writer
	set  *Set
	mu   sync.Mutex
	held string
	m    masker
	out  bytes.Buffer
}

var _ io.WriteCloser = (*Writer)(nil)

// NewWriter gives a writer that masks the secrets of set on the way to w.
func NewWriter(w io.Writer, set *Set) *Writer {
	m := &Writer{w: w, set: set}
	m.m.out = &m.out
	return m
}

// Write takes all of p, unless the writer below fails.
func (m *Writer) Write(p []byte) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	secrets := m.set.list()
	text := m.held + string(p)
	end := undecided(text, secrets)
	if err := m.pass(text, secrets, end); err != nil {
		return 0, err
	}
	m.held = text[end:]
	return len(p), nil
}

// Flush writes what was held back. A secret that goes on in a later write is
// not found, so flush where none can: at the end of a line.
func (m *Writer) Flush() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	held := m.held
	m.held = ""
	return m.pass(held, m.set.list(), len(held))
}

// Close flushes. The writer below stays open.
func (m *Writer) Close() error { return m.Flush() }

// pass writes text up to end in one piece.
func (m *Writer) pass(text string, secrets []string, end int) error {
	m.out.Reset()
	if err := m.m.advance(text, spans(text, secrets), end); err != nil {
		return err
	}
	if m.out.Len() == 0 {
		return nil
	}
	_, err := m.w.Write(m.out.Bytes())
	return err
}
