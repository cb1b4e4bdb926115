package embedded

import (
	"errors"
	"io"
	"sync"
)

// closers are what may be closed in any order, and again.
type closers []io.Closer

// Close closes all of them at once.
func (c closers) Close() error {
	errs := make([]error, len(c))
	var all sync.WaitGroup
	for i, one := range c {
		all.Go(func() { errs[i] = one.Close() })
	}
	all.Wait()
	return errors.Join(errs...)
}
