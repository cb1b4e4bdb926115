package enginetest

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/retort-ci/retort/pkg/engine"
	"github.com/retort-ci/retort/pkg/fault"
)

func (s *suite) testWait(t *testing.T) {
	cases(t, map[string]func(*testing.T){
		"after the end":   s.waitAfterEnd,
		"by several":      s.waitTogether,
		"cancelled":       s.waitCancelled,
		"after cancelled": s.waitAgain,
		"kill":            s.killed,
		"slow listener":   s.slowListener,
		"listener panics": s.listenerPanics,
		"removal ends it": s.outputEndsWithRemove,
	})
}

func (s *suite) waitAfterEnd(t *testing.T) {
	c := s.start(t, engine.ContainerSpec{Image: s.image, Cmd: []string{"exit", "4"}})
	for range 3 {
		if code, err := c.Wait(t.Context()); code != 4 || err != nil {
			t.Errorf("wait gave %d, %v; want 4", code, err)
		}
	}
}

func (s *suite) waitTogether(t *testing.T) {
	var out strings.Builder
	c := s.start(t, engine.ContainerSpec{Image: s.image, Cmd: []string{"sleep", "100ms", ";", "echo", "end", ";", "exit", "4"}, Stdout: &out})
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			if code, err := c.Wait(t.Context()); code != 4 || err != nil {
				t.Errorf("wait gave %d, %v; want 4", code, err)
			}
		})
	}
	wg.Wait()
	if out.String() != "end\n" {
		t.Errorf("printed %q", out.String())
	}
}

func (s *suite) waitCancelled(t *testing.T) {
	c := s.start(t, engine.ContainerSpec{Image: s.image, Cmd: []string{"hang"}})
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	begun := time.Now()
	_, err := c.Wait(ctx)
	wantErr(t, err, context.Canceled)
	if took := time.Since(begun); took > prompt {
		t.Errorf("came back after %s", took)
	}
}

// A wait that was given up takes nothing from the next one.
func (s *suite) waitAgain(t *testing.T) {
	var out strings.Builder
	c := s.start(t, engine.ContainerSpec{Image: s.image, Stdout: &out, Cmd: []string{"sleep", "200ms", ";", "flood", "1000", ";", "exit", "2"}})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := c.Wait(ctx)
	wantErr(t, err, context.DeadlineExceeded)
	if code, err := c.Wait(t.Context()); code != 2 || err != nil {
		t.Errorf("second wait gave %d, %v; want 2", code, err)
	}
	if !strings.HasSuffix(out.String(), "line 1000\n") {
		t.Error("output was lost")
	}
}

// A killed container's output and files can still be had.
func (s *suite) killed(t *testing.T) {
	written, stdout := io.Pipe()
	c := s.start(t, engine.ContainerSpec{Image: s.image, Stdout: stdout, Cmd: []string{"write", "/out/a", "kept", ";", "echo", "ready", ";", "hang"}})
	killer, ok := c.(engine.Killer)
	if !ok {
		t.Skip("containers of this engine cannot be killed")
	}
	if _, err := io.ReadFull(written, make([]byte, len("ready\n"))); err != nil {
		t.Fatal(err)
	}
	for range 2 { // once more when it has ended: no error
		if err := killer.Kill(t.Context()); err != nil {
			t.Fatalf("kill: %v", err)
		}
	}
	if code, err := c.Wait(t.Context()); code != 137 || err != nil {
		t.Errorf("wait gave %d, %v; want 137", code, err)
	}
	if got := copied(t, c, "/out/a"); got["a"].text != "kept" {
		t.Errorf("its file holds %q", got["a"].text)
	}
}

// slowWriter takes its time for the first bytes.
type slowWriter struct {
	delay time.Duration
	n     int
}

func (w *slowWriter) Write(p []byte) (int, error) {
	if w.n == 0 {
		time.Sleep(w.delay)
	}
	w.n += len(p)
	return len(p), nil
}

// Wait returns when all output was written, also when that takes a while.
func (s *suite) slowListener(t *testing.T) {
	const lines = 50_000
	out := &slowWriter{delay: 2 * time.Second}
	c := s.start(t, engine.ContainerSpec{Image: s.image, Cmd: []string{"flood", fmt.Sprint(lines)}, Stdout: out})
	if _, err := c.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	if want := lines*len("line 12345\n") - 45_000; out.n < want-lines {
		t.Errorf("%d bytes had been written, want about %d", out.n, want)
	}
}

// A panic in a listener is an error of Wait: the process lives to clean up.
func (s *suite) listenerPanics(t *testing.T) {
	c := s.start(t, engine.ContainerSpec{Image: s.image, Cmd: []string{"flood", "10000", ";", "exit", "3"}, Stdout: panicking{}})
	if _, err := c.Wait(t.Context()); err == nil || !strings.Contains(err.Error(), "out of order") {
		t.Errorf("wait gave %v, want what the listener said", err)
	} else if len(fault.DetailOf(err)) == 0 {
		t.Error("the error does not tell where it panicked")
	}
}

// panicking is a listener with a defect.
type panicking struct{}

func (panicking) Write([]byte) (int, error) { panic("out of order") }

// After Remove nobody writes any more, so what takes the output can be closed.
func (s *suite) outputEndsWithRemove(t *testing.T) {
	out := &closing{begun: make(chan struct{})}
	c := s.start(t, engine.ContainerSpec{Image: s.image, Cmd: []string{"flood", "10000000"}, Stdout: out})
	<-out.begun
	if err := c.Remove(t.Context()); err != nil {
		t.Fatal(err)
	}
	out.mu.Lock()
	defer out.mu.Unlock()
	out.closed = true
	t.Cleanup(func() {
		out.mu.Lock()
		defer out.mu.Unlock()
		if out.late {
			t.Error("output was written after the removal")
		}
	})
}

// closing notes a write that comes after its end.
type closing struct {
	mu           sync.Mutex
	begun        chan struct{}
	any          bool
	closed, late bool
}

func (w *closing) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.any {
		w.any = true
		close(w.begun)
	}
	w.late = w.late || w.closed
	return len(p), nil
}
