// Package until lets a copy of many bytes end with its context: an io.Reader
// knows of none.
package until

import (
	"context"
	"io"
)

// Reader reads r as long as ctx lasts, and then fails with its cause.
func Reader(ctx context.Context, r io.Reader) io.Reader {
	return readerFunc(func(p []byte) (int, error) {
		if ctx.Err() != nil {
			return 0, context.Cause(ctx)
		}
		return r.Read(p)
	})
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
