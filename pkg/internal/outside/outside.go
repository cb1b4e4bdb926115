// Package outside says what this process is to the rest of the machine. A program
// may run itself again as process 1 of a pid namespace of its own; what others are
// to know it by is then the process that waits for it outside, which lives exactly
// as long. It is asked before most of the program is ready, and so imports little.
package outside

import (
	"os"
	"strconv"
	"sync"
)

// Variable of the environment that tells a second self of its first.
const Variable = "RETORT_OUTSIDE"

// proc is where the second self finds the /proc of outside: a descriptor that it
// inherits, for /proc itself shows its own namespace.
const proc = "/proc/self/fd/3"

// Process is one in a pid namespace.
type Process struct {
	PID       int
	Namespace string // as the link /proc/PID/ns/pid names it
	Proc      string // directory that shows the namespace's processes, as proc(5)
}

// Inside is this process where it runs, whoever waits for it elsewhere.
func Inside() Process {
	namespace, err := os.Readlink("/proc/self/ns/pid")
	if err != nil {
		namespace = ""
	}
	return Process{PID: os.Getpid(), Namespace: namespace, Proc: "/proc"}
}

// Self is this process as others know it.
func Self() Process { return self() }

var self = sync.OnceValue(func() Process {
	if p, ok := parse(os.Getenv(Variable)); ok && os.Getpid() == 1 {
		return p
	}
	return Inside()
})

// Second tells whether this process is a program's second self: process 1 of a
// namespace, which was told of its first. A process further down may inherit the
// variable; it is another process.
func Second() bool { return Self().Proc == proc }

// String is what Variable holds for the second self of the process.
func (p Process) String() string { return strconv.Itoa(p.PID) + " " + p.Namespace }

func parse(text string) (Process, bool) {
	space := 0
	for space < len(text) && text[space] != ' ' {
		space++
	}
	if space == len(text) {
		return Process{}, false
	}
	pid, err := strconv.Atoi(text[:space])
	return Process{PID: pid, Namespace: text[space+1:], Proc: proc}, err == nil && pid > 0
}
