package embedded

import "github.com/retort-ci/retort/pkg/engine/embedded/secondself"

// Program is what Enter needs of the program that calls it: os.Args, os.Environ()
// and the standard streams.
type Program = secondself.Program
