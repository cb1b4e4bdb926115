// Package grace gives cleanup its time: none is taken from it while the caller
// waits, and little is left to it once the caller was told to stop.
package grace

import (
	"context"
	"time"
)

// patience is how long cleanup may take while nobody waits for it to end.
const patience = time.Minute

// Outlive gives a context that ends d after ctx does, with ctx's values. Where
// ctx has ended already, it ends d from now; and where ctx goes on, after a
// minute more: a daemon that hangs must not hang its caller.
func Outlive(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	bounded, release := context.WithTimeout(context.WithoutCancel(ctx), patience+d)
	late, cancel := context.WithCancelCause(bounded)
	stop := context.AfterFunc(ctx, func() {
		time.AfterFunc(d, func() { cancel(context.DeadlineExceeded) })
	})
	return late, func() {
		stop()
		cancel(context.Canceled)
		release()
	}
}
