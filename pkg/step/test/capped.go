package test

import (
	"io"
	"sync"
)

// capped passes on so many bytes, and tells when there are more, and when it first
// could not.
type capped struct {
	mu     sync.Mutex
	w      io.Writer
	left   int64
	full   func()
	broken func(error)
	failed bool
}

// Write takes all, and passes on what there is room for.
func (c *capped) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := len(p)
	if int64(n) <= c.left {
		c.left -= int64(n)
		return c.pass(p)
	}
	if c.left < 0 {
		return n, nil
	}
	_, err := c.pass(p[:c.left])
	c.left = -1
	c.full()
	return n, err
}

func (c *capped) pass(p []byte) (int, error) {
	n, err := c.w.Write(p)
	if err != nil && !c.failed {
		c.failed = true
		c.broken(err)
	}
	return n, err
}
