package structure

import (
	"context"
	"io"
	"time"
)

// Runner runs command tests. Containers is the one over an engine.
type Runner interface {
	// Run runs the invocation in a fresh container of the image under test,
	// which is gone when Run returns, and gives the exit code. Several may run
	// at once. A *TimeoutError and engine.ErrCommand, also wrapped, are the
	// test's failure; any other error ends Check.
	Run(ctx context.Context, what Invocation) (int, error)
}

// Invocation is what to run in a container.
type Invocation struct {
	Args    []string // the program and its arguments; the image's entrypoint and cmd are left out
	Env     []string // NAME=value, over the image's own
	Options RunOptions
	Stdout  io.Writer
	Stderr  io.Writer
}

// TimeoutError is a command that did not end in its time.
type TimeoutError struct{ After time.Duration }

func (e *TimeoutError) Error() string { return "still running after " + e.After.String() }
