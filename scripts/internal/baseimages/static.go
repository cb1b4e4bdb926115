package main

import (
	"debug/elf"
	"fmt"

	"github.com/retort-ci/retort/pkg/fault"
)

// checkStatic refuses a program that needs a loader and libraries: the images
// have none. The hint says where to get one that does not.
func checkStatic(binary, hint string) error {
	f, err := elf.Open(binary)
	if err != nil {
		return fault.Wrap(fault.Usage, fmt.Errorf("look into %s: %w", binary, err), hint)
	}
	defer func() { _ = f.Close() }()
	for _, segment := range f.Progs {
		if segment.Type == elf.PT_INTERP {
			return fault.New(fault.Usage, hint, "%s is dynamically linked and would not run in an image without libraries", binary)
		}
	}
	return nil
}
