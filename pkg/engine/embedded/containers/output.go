//go:build linux

package containers

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-multierror"

	"github.com/retort-ci/retort/pkg/fault"
	"github.com/retort-ci/retort/pkg/internal/many"
)

// drainLimit is how long a stream may stay silent and open after the container
// has ended: another container can hold it, by way of a socket in a volume.
const drainLimit = 2 * time.Second

// readSize is what a pipe holds.
const readSize = 64 << 10

// output is what a container prints, on its way to the caller's writers. It is the
// runc.IO of its process.
type output struct {
	streams [2]stream
	turn    sync.Mutex // one writer may be given for both
	ended   atomic.Bool
	done    chan struct{} // closed when all was written
	once    sync.Once
	mu      sync.Mutex
	errs    *multierror.Error
}

// stream is one of the two; without a listener all but to is nil.
type stream struct {
	to          io.Writer
	read, write *os.File
}

func newOutput(stdout, stderr io.Writer) (*output, error) {
	o := &output{done: make(chan struct{})}
	for i, to := range []io.Writer{stdout, stderr} {
		if to == nil {
			continue
		}
		r, w, err := os.Pipe()
		if err != nil {
			return nil, errors.Join(err, o.Close())
		}
		o.streams[i] = stream{to: to, read: r, write: w}
	}
	return o, nil
}

// Set gives runc its ends.
func (o *output) Set(cmd *exec.Cmd) {
	if w := o.streams[0].write; w != nil {
		cmd.Stdout = w
	}
	if w := o.streams[1].write; w != nil {
		cmd.Stderr = w
	}
}

// Stdin, Stdout and Stderr are for callers of go-runc that hold the other ends.
func (*output) Stdin() io.WriteCloser { return nil }

// Stdout is not used, see Stdin.
func (*output) Stdout() io.ReadCloser { return nil }

// Stderr is not used, see Stdin.
func (*output) Stderr() io.ReadCloser { return nil }

// Close closes all ends.
func (o *output) Close() error {
	o.started()
	for _, s := range o.streams {
		if s.read != nil {
			_ = s.read.Close()
		}
	}
	return nil
}

// started closes the ends that the container has now, so that theirs is the last.
func (o *output) started() {
	for _, s := range o.streams {
		if s.write != nil {
			_ = s.write.Close()
		}
	}
}

// abandon is for a container that was not started: what there is to read is runc's.
func (o *output) abandon() {
	o.once.Do(func() {
		_ = o.Close()
		close(o.done)
	})
}

// copy begins to pass on.
func (o *output) copy() {
	o.once.Do(func() {
		var wg sync.WaitGroup
		for _, s := range o.streams {
			if s.read != nil {
				wg.Go(func() { o.pass(s) })
			}
		}
		go func() {
			wg.Wait()
			close(o.done)
		}()
	})
}

// pass reads until the end. A listener that fails is told of once; the rest is
// read and lost, since a full pipe would stop the container.
func (o *output) pass(s stream) {
	defer func() { _ = s.read.Close() }()
	buf := make([]byte, readSize)
	for listens := true; ; {
		if o.ended.Load() {
			_ = s.read.SetReadDeadline(time.Now().Add(drainLimit))
		}
		n, err := s.read.Read(buf)
		if n > 0 && listens {
			if err := o.tell(s.to, buf[:n]); err != nil {
				listens = false
				o.mu.Lock()
				o.errs = multierror.Append(o.errs, err)
				o.mu.Unlock()
			}
		}
		switch {
		case err == nil:
		case errors.Is(err, os.ErrDeadlineExceeded) && n > 0:
		default:
			return
		}
	}
}

// tell writes to the caller's code: a panic in it, in a goroutine that nobody else
// can recover, would end the process before it has removed its containers.
func (o *output) tell(to io.Writer, p []byte) (err error) {
	o.turn.Lock()
	defer o.turn.Unlock()
	defer func() {
		if cause := recover(); cause != nil {
			err = &fault.Fault{
				Side: fault.Unexpected, Err: fmt.Errorf("the listener panicked: %v", cause),
				Detail: strings.Split(strings.TrimSpace(string(debug.Stack())), "\n"),
			}
		}
	}()
	_, err = to.Write(p)
	return err
}

// end is called when the container has ended: a stream that stays silent now is
// not waited for.
func (o *output) end() {
	o.ended.Store(true)
	for _, s := range o.streams {
		if s.read != nil {
			_ = s.read.SetReadDeadline(time.Now().Add(drainLimit))
		}
	}
}

// failure is that of the listeners.
func (o *output) failure() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := many.Errors(o.errs); err != nil {
		return fmt.Errorf("keep the container's output: %w", err)
	}
	return nil
}
