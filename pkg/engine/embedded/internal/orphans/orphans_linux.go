package orphans

import (
	"bytes"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

// Reap takes the exit status of children that others have started, for as long as
// this process lives: of all that are in a pid namespace below this one's. What this
// process starts itself is in its own, and waited for by who started it.
func Reap() {
	children := make(chan os.Signal, 1)
	signal.Notify(children, unix.SIGCHLD)
	go func() {
		for range children {
			reapAll()
		}
	}()
}

func reapAll() {
	dirs, _ := filepath.Glob("/proc/[0-9]*") // the pattern is right
	for _, dir := range dirs {
		status, err := os.ReadFile(filepath.Join(dir, "status"))
		if err != nil || !orphaned(status, os.Getpid()) {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(dir)); err == nil {
			_, _ = unix.Wait4(pid, nil, unix.WNOHANG, nil)
		}
	}
}

// orphaned tells by its /proc/PID/status, proc(5), whether a process is a child that
// has ended, in a namespace below: there it has an ID, too.
func orphaned(status []byte, parent int) bool {
	is := func(name string) [][]byte {
		_, rest, _ := bytes.Cut(status, []byte("\n"+name+":"))
		line, _, _ := bytes.Cut(rest, []byte("\n"))
		return bytes.Fields(line)
	}
	state, of, ids := is("State"), is("PPid"), is("NSpid")
	return len(state) > 0 && string(state[0]) == "Z" && len(of) == 1 && string(of[0]) == strconv.Itoa(parent) && len(ids) > 1
}
