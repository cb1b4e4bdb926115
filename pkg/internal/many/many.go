// Package many gives several errors the shape that people read: one error
// stands for itself, more of them get a line each.
package many

import (
	"fmt"
	"strings"

	"github.com/hashicorp/go-multierror"
)

// Errors gives nil for no errors, the error itself for one, and otherwise m,
// formatted a line per error.
func Errors(m *multierror.Error) error {
	if m == nil || len(m.Errors) == 0 {
		return nil
	}
	if len(m.Errors) == 1 {
		return m.Errors[0]
	}
	m.ErrorFormat = lines
	return m
}

func lines(errs []error) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d failures:", len(errs))
	for _, err := range errs {
		fmt.Fprintf(&b, "\n- %v", err)
	}
	return b.String()
}
