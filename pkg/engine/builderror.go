package engine

import (
	"fmt"
	"strings"
)

// BuildError is a Dockerfile that does not parse, or one of whose instructions
// failed. It is ErrBuild.
type BuildError struct {
	File     string   // the Dockerfile, as the caller named it
	Line     int      // of the instruction, 0 when unknown
	Source   string   // text of that line
	ExitCode int      // of the failed RUN, 0 when nothing was run
	Log      []string // last lines the instruction printed
	Err      error
}

// Error tells the place and the cause in one line.
func (e *BuildError) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.Line > 0 {
		fmt.Fprintf(&b, ":%d", e.Line)
	}
	if e.Source != "" {
		fmt.Fprintf(&b, ": %s", e.Source)
	}
	if e.ExitCode != 0 {
		fmt.Fprintf(&b, ": exit code %d", e.ExitCode)
		return b.String()
	}
	fmt.Fprintf(&b, ": %v", e.Err)
	return b.String()
}

// Unwrap gives the builder's own error.
func (e *BuildError) Unwrap() error { return e.Err }

// Is makes every BuildError match ErrBuild.
func (e *BuildError) Is(target error) bool { return target == ErrBuild }
