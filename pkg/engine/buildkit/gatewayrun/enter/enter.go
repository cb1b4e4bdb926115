// Package enter holds the small program that a gateway container begins with; see
// program/enter.c, from which scripts/enter makes it. It is kept compiled because it runs
// on the worker, whose architecture need not be ours, in images that may hold
// nothing else.
package enter

import (
	_ "embed" // for the program
	"fmt"

	"github.com/retort-ci/retort/pkg/engine"
)

//go:embed program/enter_amd64
var amd64 []byte

//go:embed program/enter_arm64
var arm64 []byte

// Program is for images of the architecture, as Go names it; engine.ErrUnsupported
// where there is none.
func Program(arch string) ([]byte, error) {
	switch arch {
	case "amd64":
		return amd64, nil
	case "arm64":
		return arm64, nil
	}
	return nil, fmt.Errorf("containers of architecture %q on BuildKit: %w", arch, engine.ErrUnsupported)
}
