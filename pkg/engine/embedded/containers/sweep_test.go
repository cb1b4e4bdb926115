//go:build linux

package containers_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/engine/embedded/containers"
)

// doomed makes a child of this binary the process that is killed: its bench is in
// the directory and the control group that the variable holds.
const doomed = "RETORT_TEST_DOOMED"

// A process that is killed leaves no process, no mount, no network; and its
// directory and control groups only until the next sweep, which leaves a living
// process's as they are.
func TestKilledProcess(t *testing.T) {
	if at := os.Getenv(doomed); at != "" {
		doom(t, at)
	}
	needRunc(t)
	t.Parallel()
	b := newBench(t)
	b.start(t, engine.ContainerSpec{Name: "living", Cmd: []string{"hang"}})
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilledProcess$")
	child.Env = append(os.Environ(), doomed+"="+b.root+" "+b.cgroup)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err == nil {
		err = child.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(out)
	said, err := in.ReadString('\n')
	if err != nil || said != "ready\n" {
		rest, _ := io.ReadAll(in)
		t.Fatalf("the child said %q, %v\n%s", said, err, rest)
	}
	before := owned(t, b.cgroup)
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, in) // its second self, and whoever has its output, are gone
	_ = child.Wait()
	if len(before) != 2 {
		t.Errorf("before the end processes were %v, want one of each container", before)
	}
	// The kernel ends the namespace's processes before its first one, but a sweep
	// that comes sooner leaves what is still locked.
	removed := []string{}
	for len(removed) == 0 && t.Context().Err() == nil {
		if removed, err = b.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(removed)
	if want := []string{"container dead", "network dead", "volume dead"}; !slices.Equal(removed, want) {
		t.Errorf("removed %q, want %q", removed, want)
	}
	if left, err := containers.Records(filepath.Join(b.root, "run")); err != nil || len(left) != 1 || left[0].Name != "living" {
		t.Errorf("written down are %v, %v; want the living", left, err)
	}
	if after := owned(t, b.cgroup); len(after) != 1 {
		t.Errorf("processes are %v, want the living", after)
	}
}

// doom starts all there is, says so and waits for the end.
func doom(t *testing.T, at string) {
	root, cgroup, _ := strings.Cut(at, " ")
	b := newBench(t, func(o *containers.Options) { o.Root, o.Cgroup = filepath.Join(root, "run"), cgroup })
	n, err := b.CreateNetwork(t.Context(), engine.NetworkSpec{Name: "dead"})
	if err != nil {
		t.Fatal(err)
	}
	b.start(t, engine.ContainerSpec{Name: "dead", Network: n.ID(), Cmd: []string{"hang"}, Mounts: []engine.Mount{{Volume: "dead", Path: "/data"}}})
	fmt.Println("ready")
	select {}
}

// owned lists the processes in the control groups below the parent. Each is in one of
// every hierarchy.
func owned(t *testing.T, cgroup string) []string {
	t.Helper()
	var all []string
	for _, f := range groups(t, cgroup+"/*/*/cgroup.procs") {
		text, err := os.ReadFile(f)
		if err == nil {
			all = append(all, strings.Fields(string(text))...)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// homeMark is what the lock file of a process's directory says.
const homeMark = "a home of retort's containers\n"

// What is mounted below an abandoned directory is not deleted through it.
func TestSweepLeavesMounts(t *testing.T) {
	t.Parallel()
	link := filepath.Join(t.TempDir(), "link") // the list of mounts knows no links
	b := newBench(t, func(o *containers.Options) {
		if err := os.Symlink(filepath.Dir(o.Root), link); err != nil {
			t.Fatal(err)
		}
		o.Root = filepath.Join(link, "run")
	})
	host, dead := t.TempDir(), filepath.Join(b.root, "run", "abandonedone")
	at := filepath.Join(dead, "volumes", "a", "data")
	if err := os.WriteFile(filepath.Join(host, "a"), []byte("kept"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(at, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dead+".lock", []byte(homeMark), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount(host, at, "", unix.MS_BIND, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Sweep(t.Context()); err == nil || !strings.Contains(err.Error(), at) {
		t.Errorf("swept with %v, want the mount named", err)
	}
	if err := unix.Unmount(at, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Sweep(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(dead); !os.IsNotExist(err) {
		t.Errorf("once nothing is mounted it is still there: %v", err)
	}
	if _, err := os.Stat(filepath.Join(host, "a")); err != nil {
		t.Error(err)
	}
}

// A lock file beside the homes, and what it locks, may be somebody's.
func TestSweepLeavesStrangers(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	run := filepath.Join(b.root, "run")
	for _, dir := range []string{"work", "aaaaaaaaaaaa"} { // the one's name is none of ours, the other has no mark
		if err := os.Mkdir(filepath.Join(run, dir), 0o700); err != nil {
			t.Fatal(err)
		}
		for _, file := range []string{dir + ".lock", filepath.Join(dir, "kept")} {
			if err := os.WriteFile(filepath.Join(run, file), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := os.Symlink(t.TempDir(), filepath.Join(run, "bbbbbbbbbbbb")); err != nil {
		t.Fatal(err)
	}
	// Who was killed while it made its home, or removed it, leaves the last two.
	for file, text := range map[string]string{"bbbbbbbbbbbb.lock": homeMark, "cccccccccccc.lock": "", "dddddddddddd.lock": homeMark} {
		if err := os.WriteFile(filepath.Join(run, file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := b.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	for path, kept := range map[string]bool{
		"work/kept": true, "work.lock": true, "aaaaaaaaaaaa/kept": true, "aaaaaaaaaaaa.lock": true,
		"bbbbbbbbbbbb": true, "bbbbbbbbbbbb.lock": true, "cccccccccccc.lock": false, "dddddddddddd.lock": false,
	} {
		if _, err := os.Lstat(filepath.Join(run, path)); (err == nil) != kept {
			t.Errorf("%s: %v, want it kept: %v", path, err, kept)
		}
	}
	for _, dir := range []string{"work", "aaaaaaaaaaaa", "bbbbbbbbbbbb"} { // nothing else may be left
		if err := os.RemoveAll(filepath.Join(run, dir)); err != nil {
			t.Error(err)
		}
	}
}
