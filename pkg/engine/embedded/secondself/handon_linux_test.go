package secondself

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"syscall"
	"testing"
)

type stopped struct{ by syscall.Signal }

func (s stopped) Error() string     { return s.by.String() }
func (s stopped) Signal() os.Signal { return s.by }

// The signal that ended a context before any could be handed on is handed on.
func TestHandOn(t *testing.T) {
	t.Parallel()
	for want, cause := range map[syscall.Signal]error{
		syscall.SIGINT: stopped{syscall.SIGINT}, syscall.SIGTERM: errors.New("something else"),
	} {
		ctx, cancel := context.WithCancelCause(t.Context())
		child := exec.CommandContext(t.Context(), "sleep", "60")
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		signals := make(chan os.Signal)
		done := make(chan struct{})
		go func() {
			defer close(done)
			handOn(ctx, child.Process, signals)
		}()
		cancel(cause)
		_ = child.Wait()
		if status, ok := child.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != want {
			t.Errorf("for %v it ended by %v", cause, child.ProcessState)
		}
		close(signals)
		<-done
	}
}
