package report

import (
	"errors"
	"fmt"
)

// What a reader answers when there is no report. They are wrapped.
var (
	ErrEmpty     = errors.New("the report is empty")
	ErrNotJUnit  = errors.New("not a JUnit report")
	ErrNotGoTest = errors.New("not the output of go test")
	ErrTooLarge  = errors.New("the report is too large")
)

// TruncatedError says that a report could be read up to a line only: its writer
// was killed, or what follows is not what it claims to be. What stands before
// that line is given beside the error.
type TruncatedError struct {
	Line int // counted from 1
	Err  error
}

func (e *TruncatedError) Error() string {
	return fmt.Sprintf("the report breaks off in line %d: %v", e.Line, e.Err)
}

// Unwrap gives the reason.
func (e *TruncatedError) Unwrap() error { return e.Err }
