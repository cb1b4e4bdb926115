package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// interruption is the cause of a context that a signal ended.
type interruption struct{ signal syscall.Signal }

// Error names the signal.
func (i *interruption) Error() string { return "stopped by " + unix.SignalName(i.signal) }

// Signal is the one that ended the context: a command that goes on as another
// process sends it there.
func (i *interruption) Signal() os.Signal { return i.signal }

// exitCode is the shell's: 130 for SIGINT, 143 for SIGTERM.
func (i *interruption) exitCode() int { return 128 + int(i.signal) }

// onSignals gives a context that the first SIGINT or SIGTERM ends, and a
// function that tells which it was. Later signals are taken and change
// nothing: Jenkins sends SIGTERM twice, and the second must not cut the
// cleaning up short.
func onSignals(ctx context.Context) (context.Context, func() *interruption) {
	ctx, cancel := context.WithCancelCause(ctx)
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		for s := range signals {
			if sig, ok := s.(syscall.Signal); ok {
				cancel(&interruption{signal: sig})
			}
		}
	}()
	return ctx, func() *interruption {
		i, _ := errors.AsType[*interruption](context.Cause(ctx))
		return i
	}
}
