package ui

import (
	"fmt"
	"io"
	"strings"

	"github.com/retort-ci/retort/pkg/fault"
)

// Failure writes the last lines of a run that failed: what failed, on which
// side, and what to type next where someone knows. Nothing for a nil err. The
// caller masks secrets on the way to w.
func Failure(w io.Writer, err error) {
	if err == nil {
		return
	}
	var out strings.Builder
	fmt.Fprintf(&out, "retort: %s\n", indent(clean(err.Error())))
	for _, line := range fault.DetailOf(err) {
		fmt.Fprintf(&out, "  | %s\n", clean(line))
	}
	fmt.Fprintf(&out, "  side: %s\n", fault.SideOf(err))
	if hint := fault.HintOf(err); hint != "" {
		fmt.Fprintf(&out, "  next: %s\n", indent(clean(hint)))
	}
	var inert strings.Builder
	for line := range strings.Lines(out.String()) {
		inert.WriteString(Inert(line))
	}
	_, _ = io.WriteString(w, inert.String()) // there is no one left to tell
}

// indent keeps the further lines of a text below its first.
func indent(text string) string {
	return strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n    ")
}
