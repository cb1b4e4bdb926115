package test

import (
	"fmt"
	"runtime/debug"
)

// protected turns a panic of do into an error: a process that ends at once
// leaves its containers behind.
func protected(do func() error) func() error {
	return func() (err error) {
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
			}
		}()
		return do()
	}
}
