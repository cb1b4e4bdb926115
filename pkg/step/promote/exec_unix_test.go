//go:build unix

package promote_test

import (
	"bufio"
	"context"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/retort-ci/retort/pkg/step/promote"
)

// What the command has begun ends with it when it is called off.
func TestExecLeavesNothing(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	gone := make(chan error)
	go func() {
		f, err := os.Open(fifo) // once the child has
		if err == nil {
			r := bufio.NewReader(f)
			_, err = r.ReadString('\n')
			cancel()
			if err == nil {
				_, err = io.Copy(io.Discard, r) // until no process has it
			}
			_ = f.Close()
		}
		gone <- err
	}()
	gate := promote.Exec{Command: []string{"/bin/sh", "-c", `(echo begun; sleep 600) > "$FIFO" & wait`}, Env: []string{"PATH=/bin:/usr/bin", "FIFO=" + fifo}}
	if v, err := gate.Ask(ctx, promote.Edge{}); err == nil || v.Allowed {
		t.Errorf("%+v, %v", v, err)
	}
	if err := <-gone; err != nil {
		t.Error(err)
	}
}
