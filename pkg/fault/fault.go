// Package fault says on which side a failure lies, and what its reader should
// type next. Every error that retort can explain carries a [Side]; the command
// turns the side into an exit code and prints the hint below the message.
//
// A Fault wraps its cause, so errors.Is and errors.As see through it.
package fault

import (
	"errors"
	"fmt"
)

// Side is where the cause of a failure lies.
type Side int

// The sides, in the order of the exit codes they lead to.
const (
	Unexpected     Side = 1 // a defect of retort, or something nobody foresaw
	Usage          Side = 2 // a flag, the project file, the Dockerfile: the caller's to mend
	Tests          Side = 3 // a suite failed or ran out of time
	Policy         Side = 4 // a gate or a guard refused
	Infrastructure Side = 5 // engine, registry or network away
)

// String names the side in the words that end a failed run.
func (s Side) String() string {
	switch s {
	case Usage:
		return "usage or configuration"
	case Tests:
		return "tests"
	case Policy:
		return "policy"
	case Infrastructure:
		return "infrastructure"
	case Unexpected:
	}
	return "unexpected"
}

// ExitCode is the process exit code of a failure on this side.
func (s Side) ExitCode() int { return int(s) }

// Fault is an error that knows its side and the way out.
type Fault struct {
	Side Side
	Hint string // what to type or change next, empty when there is nothing useful to say
	// Detail holds lines that show the cause, such as the last output of the
	// container that failed.
	Detail []string
	Err    error
}

func (f *Fault) Error() string { return f.Err.Error() }

// Unwrap gives the cause to errors.Is and errors.As.
func (f *Fault) Unwrap() error { return f.Err }

// Wrap puts err on a side, with a hint. A nil err stays nil, and an error that
// has a side already keeps it: the place nearest to the cause knows best.
func Wrap(side Side, err error, hint string) error {
	if err == nil {
		return nil
	}
	if _, known := errors.AsType[*Fault](err); known {
		return err
	}
	return &Fault{Side: side, Hint: hint, Err: err}
}

// New makes a fault from a message.
func New(side Side, hint, format string, args ...any) error {
	return &Fault{Side: side, Hint: hint, Err: fmt.Errorf(format, args...)}
}

// SideOf is the side of err, Unexpected when no one has said.
func SideOf(err error) Side {
	if f, ok := errors.AsType[*Fault](err); ok {
		return f.Side
	}
	return Unexpected
}

// DetailOf gives the lines that show the cause of err, or none.
func DetailOf(err error) []string {
	if f, ok := errors.AsType[*Fault](err); ok {
		return f.Detail
	}
	return nil
}

// HintOf is the hint of err, or empty.
func HintOf(err error) string {
	if f, ok := errors.AsType[*Fault](err); ok {
		return f.Hint
	}
	return ""
}
