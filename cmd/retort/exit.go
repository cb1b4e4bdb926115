package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/urfave/cli/v2"

	"github.com/retort-ci/retort/cmd/retort/ui"
	"github.com/retort-ci/retort/pkg/fault"
)

// exitCode tells the error, if there is one, and gives the code of its side. A
// run that a signal ended is never a success, whatever it had reached: Jenkins
// takes 0 after an abort for a passed step.
func exitCode(stderr io.Writer, err error, i *interruption) int {
	if second, ok := errors.AsType[*secondSelf](err); ok && (second.code != 0 || i == nil) {
		return second.code
	}
	if i != nil {
		_, _ = fmt.Fprintf(stderr, "retort: %v\n", i) // the exit code says it too
		return i.exitCode()
	}
	if err == nil {
		return 0
	}
	// urfave/cli has a code of its own for a help topic that does not exist.
	if _, own := errors.AsType[cli.ExitCoder](err); own {
		err = fault.Wrap(fault.Usage, err, "retort --help")
	}
	ui.Failure(stderr, err)
	return fault.SideOf(err).ExitCode()
}
