package gatewayrun

import (
	"strings"
	"testing"
)

// However the stream is cut into writes, words are told from output.
func TestSpeech(t *testing.T) {
	t.Parallel()
	const stream = "\x1eN ready 10.0.0.1\none\x1e two\x1eNo\n\x1eN exit 3\nrest\x1e"
	for size := 1; size <= len(stream); size++ {
		var out strings.Builder
		var said []string
		s := newSpeech("N", &out, func(words []string) { said = append(said, strings.Join(words, " ")) })
		for rest := stream; rest != ""; {
			n := min(size, len(rest))
			if _, err := s.Write([]byte(rest[:n])); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if got := out.String(); got != "one\x1e two\x1eNo\nrest\x1e" {
			t.Errorf("in writes of %d bytes the output is %q", size, got)
		}
		if got := strings.Join(said, "; "); got != "ready 10.0.0.1; exit 3" {
			t.Errorf("in writes of %d bytes it said %q", size, got)
		}
	}
}
