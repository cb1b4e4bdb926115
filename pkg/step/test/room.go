package test

import (
	"errors"
	"syscall"

	"github.com/retort-ci/retort/pkg/fault"
)

// noRoom puts a disk that is full on the side of the machine: no verdict on what
// is tested can be had from that.
func noRoom(err error, dir string) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return fault.Wrap(fault.Infrastructure, err, "free space on the disk of "+dir+" and run the command again")
	}
	return err
}
