package buildkitdtest

import (
	"bytes"
	"regexp"
	"strings"
	"sync"
)

// keptLines is how much of the daemon's output a failure shows.
const keptLines = 60

// listening is the line by which buildkitd says where it listens.
var listening = regexp.MustCompile(`running server on ([^"\s]+)`)

// log is what the daemon prints: the last lines of it, and the address.
type log struct {
	listens chan string   // gets the first address
	ended   chan struct{} // closed when nothing more comes

	mu    sync.Mutex
	line  []byte // the unfinished one
	lines []string
}

func newLog() *log { return &log{listens: make(chan string, 1), ended: make(chan struct{})} }

// Write takes what the daemon printed.
func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.line = append(l.line, p...)
	for {
		line, rest, whole := bytes.Cut(l.line, []byte("\n"))
		if !whole {
			return len(p), nil
		}
		l.take(string(line))
		l.line = rest
	}
}

func (l *log) take(line string) {
	l.lines = append(l.lines[max(0, len(l.lines)-keptLines+1):], line)
	if at := listening.FindStringSubmatch(line); at != nil {
		select {
		case l.listens <- at[1]:
		default:
		}
	}
}

func (l *log) end() { close(l.ended) }

// String is the last lines.
func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.lines, "\n")
}
