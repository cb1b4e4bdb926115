//go:build unix

package state_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/retort-ci/retort/pkg/state"
)

// scratchInChild makes a scratch directory, names it, and waits to be killed.
func scratchInChild(s *state.Store) error {
	dir, _, err := s.Scratch()
	if err != nil {
		return err
	}
	fmt.Println(dir)
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

func TestScratchOfAKilledProcess(t *testing.T) {
	s := state.Open(t.TempDir())
	cmd := child(t, "scratch", strings.TrimSuffix(s.Path(), state.FileName))
	stdin, err := cmd.StdinPipe() // open, so that the child waits
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stdin.Close() }()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	said := bufio.NewScanner(out)
	said.Scan()
	theirs := said.Text()

	ours, done, err := s.Scratch()
	if err != nil {
		t.Fatal(err)
	}
	if !exists(t, theirs) || !exists(t, ours) {
		t.Fatalf("a living process lost its directory: %s, %s", theirs, ours)
	}
	done()
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Fatal("the child ended by itself")
	}
	_, done, err = s.Scratch()
	if err != nil {
		t.Fatal(err)
	}
	done()
	if left := names(t, filepath.Dir(ours)); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestScratchAtTheSameTime(t *testing.T) {
	s := state.Open(t.TempDir())
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 20 {
				dir, done, err := s.Scratch()
				if err != nil {
					t.Error(err)
					return
				}
				if err := os.WriteFile(filepath.Join(dir, "mine"), nil, 0o644); err != nil {
					t.Errorf("the directory was taken away: %v", err)
				}
				done()
			}
		})
	}
	wg.Wait()
}

func exists(t *testing.T, path string) bool {
	t.Helper()
	_, err := os.Stat(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return err == nil
}
