package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// softKill is how long Jenkins waits for a process to heed SIGTERM before it
// goes on to the next: hudson.util.ProcessTree's softKillWaitSeconds.
const softKill = 5 * time.Second

// abort does what Jenkins' "Abort" comes to on the agent: for each process that
// carries the step's cookie, the oldest first, SIGTERM to its children and then to
// it, waiting for each until softKill after it began with the first. So a process
// that takes long gets a second SIGTERM. Nobody gets SIGKILL. It gives the time
// from the first signal to the end of the step, or of the waiting.
func (s *shStep) abort() time.Duration {
	begun := time.Now()
	tree := processes()
	for _, p := range tree {
		if slices.Contains(p.environ, cookieName+"="+s.cookie) {
			killTree(tree, p, time.Now().Add(softKill))
		}
	}
	select {
	case <-s.done:
		return s.ended.Sub(begun)
	case <-time.After(time.Second):
		return time.Since(begun)
	}
}

// osProcess is an entry of /proc.
type osProcess struct {
	pid, parent int
	environ     []string
	command     string
}

// processes are those of this machine, sorted by ID.
func processes() []osProcess {
	var all []osProcess
	entries, _ := os.ReadDir("/proc") // without it there are none
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		dir := filepath.Join("/proc", e.Name())
		status, err := os.ReadFile(filepath.Join(dir, "status"))
		if err != nil {
			continue // it has ended meanwhile
		}
		environ, _ := os.ReadFile(filepath.Join(dir, "environ")) // another user's is not ours
		command, _ := os.ReadFile(filepath.Join(dir, "cmdline"))
		_, rest, _ := strings.Cut(string(status), "\nPPid:")
		fields := strings.Fields(rest)
		if len(fields) == 0 {
			continue
		}
		parent, _ := strconv.Atoi(fields[0])
		all = append(all, osProcess{
			pid: pid, parent: parent, environ: strings.Split(string(environ), "\x00"),
			command: string(bytes.ReplaceAll(command, []byte{0}, []byte{' '})),
		})
	}
	slices.SortFunc(all, func(a, b osProcess) int { return a.pid - b.pid })
	return all
}

func killTree(tree []osProcess, p osProcess, deadline time.Time) {
	for _, child := range tree {
		if child.parent == p.pid {
			killTree(tree, child, deadline)
		}
	}
	if err := syscall.Kill(p.pid, syscall.SIGTERM); err != nil {
		return // it is gone
	}
	for wait := 10 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		if _, err := os.Stat(filepath.Join("/proc", strconv.Itoa(p.pid), "status")); err != nil {
			return
		}
		time.Sleep(wait)
		if time.Now().After(deadline) {
			return
		}
	}
}

// running names the processes whose command line has the text, of whatever user:
// where the engine is on this machine, those of its containers and builds too.
func running(text string) []string {
	var found []string
	for _, p := range processes() {
		if strings.Contains(p.command, text) {
			found = append(found, p.command)
		}
	}
	return found
}

// jenkinsOf is an agent that works in the workspace.
func (w *workspace) jenkinsOf(t *testing.T, more ...string) *jenkins {
	t.Helper()
	return newJenkins(t, w.dir, append(slices.Clone(w.vars), more...)...)
}
