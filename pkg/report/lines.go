package report

import (
	"bufio"
	"errors"
	"io"
	"slices"
)

// maxLine bounds a line of go test's output. Its events are far shorter; what
// is longer is some other program's.
const maxLine = 1 << 20

// lines reads lines of any length in bounded memory.
type lines struct{ r *bufio.Reader }

func newLines(r io.Reader) lines { return lines{bufio.NewReaderSize(r, 64<<10)} }

// next gives the next line with its line break, if it has one. Of a line that is
// too long the beginning is given. The slice may change with the next call.
func (l lines) next() ([]byte, error) {
	line, err := l.r.ReadSlice('\n')
	if !errors.Is(err, bufio.ErrBufferFull) {
		return whole(line, err)
	}
	long, cut := slices.Clone(line), false
	for errors.Is(err, bufio.ErrBufferFull) {
		line, err = l.r.ReadSlice('\n')
		if cut = cut || len(long)+len(line) > maxLine; !cut {
			long = append(long, line...)
		}
	}
	if cut {
		long = append(long, '\n')
	}
	return whole(long, err)
}

// whole gives the error with the line after a last one that does not end.
func whole(line []byte, err error) ([]byte, error) {
	if len(line) > 0 && errors.Is(err, io.EOF) {
		err = nil
	}
	return line, err
}
