//go:build !unix

package state

import (
	"context"
	"errors"
	"fmt"
)

// lock is missing here: without flock, a lock could outlive a killed process.
func lock(context.Context, string) (unlock func(), err error) {
	return nil, fmt.Errorf("locking the workspace: %w", errors.ErrUnsupported)
}
