package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// besides is a suite that hangs beside a service of its own.
const besides = `name: $PROJECT
services:
  app:
    build: .
    command: [/probe, echo, $PROJECT, ;, serve, ":8080"]
  $PROJECT:
    build: .
    depends_on: { app: { condition: service_started } }
    command: [/probe, echo, begun, ;, hang, $PROJECT]
    x-retort: { verifies: [app] }
`

// Without a daemon, nobody but the kernel can end what a killed run has started. The
// files that it leaves go with the next run.
func TestKilledOnEmbedded(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 || raced {
		t.Skip("namespaces and mounts want root, and the solver of BuildKit has a race of its own")
	}
	w := newWorkspace(t, "", map[string]string{"compose.yaml": besides, "Dockerfile": probeDockerfile})
	stateDir := filepath.Join(t.TempDir(), "engine")
	w.vars = append(w.vars, "RETORT_ENGINE=embedded", "RETORT_STATE_DIR="+stateDir)
	w.run(t, "build")
	running := w.begin(t, "| begun", "test")
	if len(processesOf(t, w.project)) < 2 {
		t.Error("neither the suite nor its service is seen while they run")
	}
	networks, groups := placesOf(t, w.project)
	if len(networks) < 1 || len(groups) < 2 && mayGroup(t) {
		t.Errorf("they run in the networks %q and the control groups %q", networks, groups)
	}
	begun := ticks(t)
	running.kill(t)
	for len(processesOf(t, w.project)) > 0 && t.Context().Err() == nil {
		runtime.Gosched() // the kernel ends them one by one
	}
	if left := membersOf(t, networks, begun); len(left) > 0 {
		t.Errorf("left in the networks %q: %q", networks, left)
	}

	w.write(t, "compose.yaml", strings.NewReplacer("$PROJECT", w.project, "hang, $PROJECT", `exit, "0"`).Replace(besides))
	if got, want := w.run(t, "test"), w.project+" passed"; got != want {
		t.Errorf("printed %q, want %q", got, want)
	}
	if left := processesOf(t, w.project); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
	for _, pattern := range []string{"run/*/containers/*", "run/*/runc/*", "slots/*/*/executor/*/rootfs", "slots/*/mounts/*"} {
		if left, err := filepath.Glob(filepath.Join(stateDir, pattern)); err != nil || len(left) > 0 {
			t.Errorf("left: %q, %v", left, err)
		}
	}
	for _, group := range groups {
		if _, err := os.Stat(group); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("left: control group %s, %v", group, err)
		}
	}
	if mounts, err := os.ReadFile("/proc/self/mountinfo"); err != nil || strings.Contains(string(mounts), stateDir) {
		t.Errorf("left: mounts below %s, %v", stateDir, err)
	}
}

// processesOf are the command lines in which the word stands.
func processesOf(t *testing.T, word string) []string {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, file := range files {
		line, err := os.ReadFile(file)
		if err == nil && strings.Contains(string(line), word) {
			found = append(found, strings.ReplaceAll(string(line), "\x00", " "))
		}
	}
	return found
}

// placesOf are the network namespaces and the control groups, as directories in
// every hierarchy, of the processes whose command line has the word.
func placesOf(t *testing.T, word string) (networks, groups []string) {
	t.Helper()
	dirs, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range dirs {
		line, err := os.ReadFile(dir + "/cmdline")
		if err != nil || !strings.Contains(string(line), word) {
			continue
		}
		network, err := os.Readlink(dir + "/ns/net")
		if err != nil {
			t.Fatal(err)
		}
		networks = append(networks, network)
		text, err := os.ReadFile(dir + "/cgroup") // cgroups(7): ID:controllers:path
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			path := strings.SplitN(strings.TrimSpace(line), ":", 3)[2]
			if !strings.Contains(path, "/retort/") {
				continue // nobody made one there
			}
			for _, root := range []string{"/sys/fs/cgroup/*", "/sys/fs/cgroup"} { // of version 1, and of version 2
				found, err := filepath.Glob(root + path)
				if err != nil {
					t.Fatal(err)
				}
				groups = append(groups, found...)
			}
		}
	}
	own, err := os.Readlink("/proc/self/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	networks = slices.DeleteFunc(networks, func(n string) bool { return n == own })
	slices.Sort(networks)
	slices.Sort(groups)
	return slices.Compact(networks), slices.Compact(groups)
}

// mayGroup tells whether the engine could make control groups.
func mayGroup(t *testing.T) bool {
	t.Helper()
	first, err := filepath.Glob("/sys/fs/cgroup/*/retort")
	if err != nil {
		t.Fatal(err)
	}
	_, err = os.Stat("/sys/fs/cgroup/retort")
	return err == nil || len(first) > 0
}

// membersOf are the processes in the networks that were there at the time, in ticks
// since the machine started. Later ones may be in others that got the same number.
func membersOf(t *testing.T, networks []string, until int64) (members []string) {
	t.Helper()
	dirs, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range dirs {
		network, err := os.Readlink(dir + "/ns/net")
		if err != nil || !slices.Contains(networks, network) {
			continue
		}
		text, err := os.ReadFile(dir + "/stat") // proc(5): the 22nd field is when it started
		if err != nil {
			continue // it ended
		}
		_, fields, _ := strings.Cut(string(text), ") ")
		if started, err := strconv.ParseInt(strings.Fields(fields)[19], 10, 64); err != nil || started <= until {
			members = append(members, filepath.Base(dir))
		}
	}
	return members
}

// ticks is how long the machine has run, as /proc counts it: hundredths of seconds.
func ticks(t *testing.T) int64 {
	t.Helper()
	text, err := os.ReadFile("/proc/uptime")
	if err != nil {
		t.Fatal(err)
	}
	seconds, err := strconv.ParseFloat(strings.Fields(string(text))[0], 64)
	if err != nil {
		t.Fatal(err)
	}
	return int64(seconds * 100)
}
