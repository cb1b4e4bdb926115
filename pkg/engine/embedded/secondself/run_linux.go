package secondself

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"runtime"
	"syscall"

	"github.com/retort-ci/retort/pkg/internal/outside"
)

// What the second self inherits besides the standard streams.
const (
	ProcFD    = 3 // /proc of outside
	SettledFD = 4 // is closed when it can be sent signals
	MappedFD  = 5 // ends when its user namespace has users
)

// Is tells whether this process is one.
func Is() bool { return outside.Second() }

// Run runs the program again, with the same arguments and environment, and gives
// that run's exit code. It is root of a user namespace where there are users for one. The error is why there can be no second self, or the cause
// of a ctx that was over before; one that ends later is told to the second self by
// a signal: that of a cause with a method Signal, or else SIGTERM.
//
// When this process is killed, the kernel kills the second self, and with it every
// process in the namespace; mounts go with the last of them. Signals are handed on.
// The second self is in a process group of its own, so that a terminal's Ctrl-C
// reaches it once; it cannot read from the terminal.
func Run(ctx context.Context, p Program, users *Users) (code int, err error) {
	// The death signal comes when the thread ends that started the child.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	// Those outside are seen through this by the second self, whose /proc is another.
	proc, err := os.Open("/proc")
	if err != nil {
		return 0, err
	}
	defer func() { _ = proc.Close() }()
	signals := make(chan os.Signal, 16)
	defer close(signals)
	signal.Notify(signals, handedOn()...)
	defer signal.Stop(signals)
	if ctx.Err() != nil {
		return 0, context.Cause(ctx)
	}
	self, settled, err := start(p, users, proc)
	if err != nil {
		return 0, err
	}
	go func() {
		// The kernel drops what comes to a process 1 without a handler.
		_, _ = io.Copy(io.Discard, settled)
		_ = settled.Close()
		handOn(ctx, self, signals)
	}()
	ended, err := self.Wait()
	if err != nil {
		return 0, err
	}
	return exitCode(ended), nil
}

// start starts the second self. The file ends when it can be sent signals, or has
// ended.
func start(p Program, users *Users, proc *os.File) (self *os.Process, settled *os.File, err error) {
	settled, tell, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	mapped, ready, err := os.Pipe()
	if err != nil {
		return nil, nil, errors.Join(err, settled.Close(), tell.Close())
	}
	self, err = os.StartProcess("/proc/self/exe", p.Args, &os.ProcAttr{
		Env:   append(collectLate(without(p.Env, outside.Variable)), outside.Variable+"="+outside.Inside().String()),
		Files: []*os.File{p.Stdin, p.Stdout, p.Stderr, ProcFD: proc, SettledFD: tell, MappedFD: mapped},
		Sys:   attributes(users),
	})
	_, _ = tell.Close(), mapped.Close()
	if err == nil && users != nil {
		if err = users.Map(self.Pid); err != nil {
			_ = self.Kill()
			_, _ = self.Wait() // it has not begun
		}
	}
	_ = ready.Close()
	if err != nil {
		_ = settled.Close()
		return nil, nil, err
	}
	return self, settled, nil
}

func attributes(users *Users) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{
		Setpgid: true, Pdeathsig: syscall.SIGKILL, Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWPID,
	}
	if users != nil {
		attr.Cloneflags |= syscall.CLONE_NEWUSER
		attr.AmbientCaps = users.Caps
	}
	return attr
}

// handOn sends the signals to the process, until the channel is closed. Where ctx
// ends and no signal was seen, there was one before the channel had any.
func handOn(ctx context.Context, to *os.Process, signals <-chan os.Signal) {
	over := ctx.Done()
	for {
		select {
		case s, ok := <-signals:
			if !ok {
				return
			}
			over = nil
			_ = to.Signal(s)
		case <-over:
			over = nil
			_ = to.Signal(signalOf(ctx))
		}
	}
}

// signalOf is the one that ended ctx.
func signalOf(ctx context.Context) os.Signal {
	if by, ok := errors.AsType[interface {
		error
		Signal() os.Signal
	}](context.Cause(ctx)); ok {
		return by.Signal()
	}
	return syscall.SIGTERM
}

// handedOn are the signals that a program may be sent, but for those that stop it:
// the kernel keeps them from a process 1.
func handedOn() []os.Signal {
	return []os.Signal{
		syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT,
		syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGWINCH,
	}
}

// exitCode is the second self's, or as a shell tells a signal.
func exitCode(ended *os.ProcessState) int {
	if status, ok := ended.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return ended.ExitCode()
}
