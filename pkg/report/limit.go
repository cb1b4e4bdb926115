package report

import (
	"errors"
	"io"
)

// Bounds of what is kept in memory, whatever a suite writes.
const (
	// MaxSize is the largest report that is read unless the caller says
	// otherwise, in bytes.
	MaxSize = 64 << 20
	// maxItems bounds suites, properties, cases and failures of one report: a case takes
	// twelve bytes of XML and twenty times that in memory.
	maxItems = 500_000
	// maxDepth bounds the elements around another.
	maxDepth = 10_000
)

// limited gives ErrTooLarge in place of the bytes beyond the limit. Unlike
// io.LimitedReader, which says io.EOF, it cannot be taken for the whole file. An
// error stays: who peeks may get it first.
type limited struct {
	r    io.Reader
	left int64
	err  error
}

func (l *limited) Read(p []byte) (int, error) {
	if l.err != nil {
		return 0, l.err
	}
	if int64(len(p)) > l.left+1 {
		p = p[:l.left+1]
	}
	n, err := l.r.Read(p)
	if int64(n) > l.left {
		n, err = int(l.left), ErrTooLarge
	}
	l.left, l.err = l.left-int64(n), err
	return n, err
}

// failure is the error that ended the reading before its end, if one did.
func (l *limited) failure() error {
	if errors.Is(l.err, io.EOF) {
		return nil
	}
	return l.err
}
