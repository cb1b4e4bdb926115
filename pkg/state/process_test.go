//go:build unix

package state_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/state"
)

// childEnv makes the test binary act as another retort process: it holds the
// child's part and its arguments.
const childEnv = "STATE_TEST_CHILD"

func TestMain(m *testing.M) {
	part, dir, _ := strings.Cut(os.Getenv(childEnv), " ")
	var err error
	switch part {
	case "":
		os.Exit(m.Run())
	case "count":
		err = countInChild(state.Open(dir), 20)
	case "forever":
		err = countInChild(state.Open(dir), 1<<30)
	case "scratch":
		err = scratchInChild(state.Open(dir))
	case "full":
		err = fillInChild(state.Open(dir))
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

// child gives the command that runs this test binary as part.
func child(t *testing.T, part, dir string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+part+" "+dir)
	return cmd
}

// countInChild adds services under names of its own, telling of each.
func countInChild(s *state.Store, n int) error {
	for i := range n {
		err := s.Update(context.Background(), func(r *state.Run) error {
			r.Services[fmt.Sprintf("%d-%d", os.Getpid(), i)] = state.Service{Image: strconv.Itoa(i)}
			return nil
		})
		if err != nil {
			return err
		}
		fmt.Println(i)
	}
	return nil
}

func TestProcessesShareTheFile(t *testing.T) {
	dir := t.TempDir()
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			if out, err := child(t, "count", dir).CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
	wg.Wait()
	run, err := state.Open(dir).Load()
	if err != nil || len(run.Services) != 6*20 {
		t.Errorf("%d changes are in the file, want 120 (%v)", len(run.Services), err)
	}
}

// TestKilledProcess kills a writer at points of its work: what it had said it
// wrote is there, the file is whole and the lock is free.
func TestKilledProcess(t *testing.T) {
	for lines := range 8 {
		s := state.Open(t.TempDir())
		cmd := child(t, "forever", strings.TrimSuffix(s.Path(), state.FileName))
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		said := bufio.NewScanner(out)
		for range lines + 1 {
			said.Scan()
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Wait(); err == nil {
			t.Fatal("the child ended by itself")
		}
		run, err := s.Load()
		if err != nil || len(run.Services) < lines+1 {
			t.Fatalf("%d of %d changes are there, %v", len(run.Services), lines+1, err)
		}
		put(t, s, full())
		if dir, _ := s.Prepare(); slices.Contains(names(t, dir), "run.json.tmp") {
			t.Error("the killed process's temporary file is still there")
		}
	}
}

func TestFullDisk(t *testing.T) {
	s := state.Open(t.TempDir())
	put(t, s, full())
	before, err := os.ReadFile(s.Path())
	if err != nil {
		t.Fatal(err)
	}
	out, err := child(t, "full", strings.TrimSuffix(s.Path(), state.FileName)).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	after, err := os.ReadFile(s.Path())
	if err != nil || string(after) != string(before) {
		t.Errorf("the file changed: %v\n%s", err, after)
	}
	dir, _ := s.Prepare()
	if got := names(t, dir); !slices.Equal(got, []string{".gitignore", "lock", "run.json"}) {
		t.Errorf(".retort holds %v", got)
	}
}

// fillInChild updates the file with more than this process may write to one:
// the kernel then ends a write in its middle, as a full disk does.
func fillInChild(s *state.Store) error {
	signal.Ignore(syscall.SIGXFSZ) // the write fails instead
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 4096, Max: 4096}); err != nil {
		return err
	}
	err := s.Update(context.Background(), func(r *state.Run) error {
		r.Project = strings.Repeat("x", 8192)
		return nil
	})
	switch {
	case !errors.Is(err, syscall.EFBIG):
		return fmt.Errorf("got %w, want a write that failed", err)
	case fault.SideOf(err) != fault.Infrastructure || !strings.Contains(fault.HintOf(err), "free space"):
		return fmt.Errorf("side %v, hint %q", fault.SideOf(err), fault.HintOf(err))
	}
	return nil
}
