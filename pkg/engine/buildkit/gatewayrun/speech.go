package gatewayrun

import (
	"bytes"
	"io"
	"strings"
)

// speech is the stderr of a process that enter has begun: words of enter's own
// between the process's output. See enter.c for what it says.
type speech struct {
	prefix []byte
	out    io.Writer
	said   func(words []string)
	held   []byte // what may be the beginning of a word
}

func newSpeech(nonce string, out io.Writer, said func([]string)) *speech {
	return &speech{prefix: []byte("\x1e" + nonce + " "), out: out, said: said}
}

// Write passes output on and takes words out of it.
func (s *speech) Write(p []byte) (int, error) {
	s.held = append(s.held, p...)
	for {
		at := bytes.Index(s.held, s.prefix)
		if at < 0 {
			return len(p), s.pass(len(s.held) - partial(s.held, s.prefix))
		}
		if err := s.pass(at); err != nil {
			return len(p), err
		}
		line, rest, whole := bytes.Cut(s.held[len(s.prefix):], []byte("\n"))
		if !whole {
			return len(p), nil
		}
		s.said(strings.Fields(string(line)))
		s.held = append([]byte(nil), rest...)
	}
}

// pass writes the first n bytes that are held.
func (s *speech) pass(n int) error {
	if n == 0 {
		return nil
	}
	_, err := s.out.Write(s.held[:n])
	s.held = append(s.held[:0], s.held[n:]...)
	return err
}

// Close passes on what turned out to be no word.
func (s *speech) Close() error { return s.pass(len(s.held)) }

// partial is the length of the longest end of text with which prefix begins.
func partial(text, prefix []byte) int {
	for n := min(len(text), len(prefix)-1); n > 0; n-- {
		if bytes.HasSuffix(text, prefix[:n]) {
			return n
		}
	}
	return 0
}
